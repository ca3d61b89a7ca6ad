// What is kept and for how long, what each site has set, and the evidence that it was deleted then.
import { useQuery, type InfiniteData, type UseInfiniteQueryResult, type UseQueryResult } from '@tanstack/react-query'
import { request } from './client'
import { fields, list, number, text, textOrNull } from './decode'
import { usePages, type PageOf } from './pages'

export interface KeptPlace {
  store: string
  name: string
  holds: string
  about: string
  kept: string
}

/** SiteRetention is how many days a site keeps what; null is for ever. */
export interface SiteRetention {
  siteId: string
  workspaceId: string
  name: string
  rawDays: number | null
  aggregatesDays: number | null
}

export interface Kept {
  places: KeptPlace[]
  sites: SiteRetention[]
}

/** LogEntry is a deletion of what was over; rowsLeft is counted afterwards, null while it is under way. */
export interface LogEntry {
  id: string
  table: string
  before: string
  rowsFound: number
  rowsLeft: number | null
  begunAt: string
  checkedAt: string | null
}

export function useKept(): UseQueryResult<Kept> {
  return useQuery({ queryKey: ['kept'], queryFn: ({ signal }) => request('/api/v1/retention', { signal }, decodeKept) })
}

export type Log = UseInfiniteQueryResult<InfiniteData<PageOf<LogEntry>>>

/** useRetentionLog is the log of a site; of none, it asks nothing. */
export function useRetentionLog(site: string | undefined): Log {
  return usePages({ key: ['retention-log', site], path: `/api/v1/sites/${encodeURIComponent(site ?? '')}/retention-log`, name: 'entries', decode: decodeEntry, enabled: site !== undefined })
}

const days = (v: unknown) => (typeof v === 'number' ? v : null)

export function decodeKept(v: unknown): Kept {
  return {
    places: list(fields(v)['places']).map((x) => {
      const p = fields(x)
      return { store: text(p['store']), name: text(p['name']), holds: text(p['holds']), about: text(p['about']), kept: text(p['kept']) }
    }),
    sites: list(fields(v)['sites']).map((x) => {
      const s = fields(x)
      return { siteId: text(s['site_id']), workspaceId: text(s['workspace_id']), name: text(s['name']), rawDays: days(s['retention_raw_days']), aggregatesDays: days(s['retention_aggregates_days']) }
    }),
  }
}

function decodeEntry(v: unknown): LogEntry {
  const e = fields(v)
  return {
    id: text(e['id']),
    table: text(e['table']),
    before: text(e['before']),
    rowsFound: number(e['rows_found']),
    rowsLeft: days(e['rows_left']),
    begunAt: text(e['begun_at']),
    checkedAt: textOrNull(e['checked_at']),
  }
}
