// Sales shared among the clicks before them, by every model, and what another look-back would have made of them.
import { keepPreviousData, useQuery, type UseQueryResult } from '@tanstack/react-query'
import type { Range } from '../range/range'
import { request } from './client'
import { fields, list, number, text } from './decode'

export type By = 'campaign' | 'source'

export interface Share {
  /** sales is a decimal: one sale may be shared among several. */
  sales: string
  values: Record<string, string>
}

export interface ModelReport {
  rows: { name: string; models: Record<string, Share> }[]
  direct: { count: number; values: Record<string, string> }
}

export interface Sum {
  count: number
  values: Record<string, string>
}

/** Trial is what another look-back would change; before and after are masked click ids. */
export interface Trial {
  looked: number
  cut: boolean
  changed: number
  gained: Sum
  lost: Sum
  moved: Sum
  examples: { eventId: string; soldAt: string; value: string; currency: string; before: string; after: string }[]
}

const at = (site: string, rest = '') => `/api/v1/sites/${encodeURIComponent(site)}/attribution${rest}`

export function useAttribution(site: string, range: Range, by: By): UseQueryResult<ModelReport> {
  return useQuery({
    queryKey: ['attribution', site, range, by],
    queryFn: ({ signal }) => request(`${at(site)}?${new URLSearchParams({ from: range.from, to: range.to, by })}`, { signal }, decodeReport),
    placeholderData: keepPreviousData,
  })
}

export const tryLookback = (site: string, days: number) => request(at(site, '/preview'), { method: 'POST', body: JSON.stringify({ lookback_days: days }) }, decodeTrial)

function valuesOf(v: unknown): Record<string, string> {
  return Object.fromEntries(Object.entries(fields(v)).map(([currency, amount]) => [currency, text(amount)]))
}

const sumOf = (v: unknown): Sum => ({ count: number(fields(v)['count']), values: valuesOf(fields(v)['values']) })

function decodeReport(body: unknown): ModelReport {
  const shares = (v: unknown) => Object.fromEntries(Object.entries(fields(v)).map(([model, s]) => [model, { sales: text(fields(s)['sales']), values: valuesOf(fields(s)['values']) }]))
  return { rows: list(fields(body)['rows']).map((r) => ({ name: text(fields(r)['name']), models: shares(fields(r)['models']) })), direct: sumOf(fields(body)['direct']) }
}

function decodeTrial(body: unknown): Trial {
  const t = fields(body)
  const examples = list(t['examples']).map((v) => {
    const e = fields(v)
    const click = (name: string) => [text(e[`${name}_kind`]), text(e[name])].filter(Boolean).join(' ')
    return { eventId: text(e['event_id']), soldAt: text(e['sold_at']), value: text(e['value']), currency: text(e['currency']), before: click('before'), after: click('after') }
  })
  return { looked: number(t['looked']), cut: t['cut'] === true, changed: number(t['changed']), gained: sumOf(t['gained']), lost: sumOf(t['lost']), moved: sumOf(t['moved']), examples }
}
