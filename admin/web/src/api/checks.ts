// What the nightly comparison of stored events with sales and conversions found.
import { useQuery, type UseQueryResult } from '@tanstack/react-query'
import { request } from './client'
import { conversionsKey } from './conversions'
import { fields, list, number, text } from './decode'

export interface Difference {
  kind: string
  words: string
  eventId: string
  mended: boolean
}

export interface CheckedDay {
  id: string
  /** day is a UTC day. */
  day: string
  checkedAt: string
  events: number
  sales: number
  mended: number
  differences: Difference[]
}

/** comparedDays is how many closed days are compared each night. */
export const comparedDays = 8

export function useChecks(site: string): UseQueryResult<CheckedDay[]> {
  return useQuery({
    queryKey: [...conversionsKey(site), 'checks'],
    queryFn: ({ signal }) => request(`/api/v1/sites/${encodeURIComponent(site)}/conversion-checks?limit=20`, { signal }, decodeChecks),
  })
}

// The newest days, whenever each was looked at last.
function decodeChecks(body: unknown): CheckedDay[] {
  const all = list(fields(body)['checks']).map((v): CheckedDay => {
    const c = fields(v)
    const differences = list(c['differences']).map((d) => ({ kind: text(fields(d)['kind']), words: text(fields(d)['words']), eventId: text(fields(d)['event_id']), mended: fields(d)['mended'] === true }))
    return { id: text(c['id']), day: text(c['day']), checkedAt: text(c['checked_at']), events: number(c['events']), sales: number(c['sales']), mended: number(c['mended']), differences }
  })
  return all.sort((a, b) => b.day.localeCompare(a.day)).slice(0, comparedDays)
}
