// How many conversions there are of the parts of a list, counted up to a bound.
import { keepPreviousData, useQuery, type UseQueryResult } from '@tanstack/react-query'
import { request } from './client'
import { fields, number } from './decode'

export type Part = 'all' | 'needs_person' | 'held' | 'open' | 'none'

/** Counted is how many there are; more are there that were not counted. */
export interface Counted {
  count: number
  more: boolean
}

export type Counts = Partial<Record<Part, Counted>>

/** useCounts counts parts of what a question chooses; it is off where nothing is asked. */
export function useCounts(site: string, asked: { query: URLSearchParams; parts: readonly Part[]; everyMs: number }): UseQueryResult<Counts> {
  const q = new URLSearchParams(asked.query)
  q.set('site_id', site)
  q.set('part', asked.parts.join(','))
  return useQuery({
    queryKey: ['conversions', site, 'counts', q.toString()],
    queryFn: ({ signal }) => request(`/api/v1/conversions/counts?${q}`, { signal }, decodeCounts),
    placeholderData: keepPreviousData,
    refetchInterval: asked.everyMs,
    enabled: site !== '' && asked.parts.length > 0,
  })
}

const parts: readonly Part[] = ['all', 'needs_person', 'held', 'open', 'none']

export function decodeCounts(body: unknown): Counts {
  const all = fields(body)
  const there = parts.filter((p) => all[p] !== undefined)
  return Object.fromEntries(there.map((p) => [p, { count: number(fields(all[p])['count']), more: fields(all[p])['more'] === true }]))
}
