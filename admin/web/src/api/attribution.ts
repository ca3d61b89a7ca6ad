// Sales shared among the clicks before them, by every model.
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

const at = (site: string) => `/api/v1/sites/${encodeURIComponent(site)}/attribution`

export function useAttribution(site: string, range: Range, by: By): UseQueryResult<ModelReport> {
  return useQuery({
    queryKey: ['attribution', site, range, by],
    queryFn: ({ signal }) => request(`${at(site)}?${new URLSearchParams({ from: range.from, to: range.to, by })}`, { signal }, decodeReport),
    placeholderData: keepPreviousData,
  })
}

/** Values are amounts by currency. */
export type Values = Record<string, string>

export function valuesOf(v: unknown): Values {
  return Object.fromEntries(Object.entries(fields(v)).map(([currency, amount]) => [currency, text(amount)]))
}

const sumOf = (v: unknown) => ({ count: number(fields(v)['count']), values: valuesOf(fields(v)['values']) })

function decodeReport(body: unknown): ModelReport {
  const shares = (v: unknown) => Object.fromEntries(Object.entries(fields(v)).map(([model, s]) => [model, { sales: text(fields(s)['sales']), values: valuesOf(fields(s)['values']) }]))
  return { rows: list(fields(body)['rows']).map((r) => ({ name: text(fields(r)['name']), models: shares(fields(r)['models']) })), direct: sumOf(fields(body)['direct']) }
}
