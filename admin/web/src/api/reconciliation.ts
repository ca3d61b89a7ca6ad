// What became of all sales of some days: how many came how far, and where the others are.
import { keepPreviousData, useQuery, type UseQueryResult } from '@tanstack/react-query'
import type { Range } from '../range/range'
import { request } from './client'
import { conversionsKey, REFRESH_MS } from './conversions'
import { fields, list, number, text } from './decode'

export const levels = ['tracked', 'attributed', 'eligible', 'sent', 'received', 'accepted'] as const
export type Level = (typeof levels)[number]

/** Figure is a number of sales and what they are worth, by currency. */
export interface Figure {
  count: number
  values: Record<string, string>
}

/** Leaf is where some of them are; level is the furthest that they have come. */
export interface Leaf extends Figure {
  level: string
  state: string
  reason: string
  reasonWords: string
  reasonClass: string
}

export interface Reconciliation {
  levels: Record<Level, Figure>
  leaves: Leaf[]
}

/** useReconciliation adds up the days of a site, in its zone. */
export function useReconciliation(site: string, range: Range): UseQueryResult<Reconciliation> {
  return useQuery({
    queryKey: [...conversionsKey(site), 'sums', range],
    queryFn: ({ signal }) => request(`/api/v1/reconciliation?${new URLSearchParams({ site_id: site, from: range.from, to: range.to })}`, { signal }, decodeReconciliation),
    placeholderData: keepPreviousData,
    refetchInterval: REFRESH_MS,
  })
}

export function decodeReconciliation(body: unknown): Reconciliation {
  const total = fields(fields(body)['total'])
  const figures = levels.map((l) => [l, decodeFigure(total[l])] as const)
  return { levels: Object.fromEntries(figures) as Record<Level, Figure>, leaves: list(total['leaves']).map(decodeLeaf) }
}

function decodeFigure(v: unknown): Figure {
  const values = Object.entries(fields(fields(v)['values'])).map(([currency, amount]) => [currency, text(amount)] as const)
  return { count: number(fields(v)['count']), values: Object.fromEntries(values) }
}

function decodeLeaf(v: unknown): Leaf {
  const l = fields(v)
  return { level: text(l['level']), state: text(l['state']), reason: text(l['reason']), reasonWords: text(l['reason_words']), reasonClass: text(l['reason_class']), ...decodeFigure(v) }
}
