// Who did what in a workspace, from the newest back.
import { useInfiniteQuery, useQuery, type InfiniteData, type UseInfiniteQueryResult, type UseQueryResult } from '@tanstack/react-query'
import { request } from './client'
import { fields, list, number, text } from './decode'
import { workspaceKey } from './workspaces'

export interface AuditEntry {
  seq: number
  at: string
  accountId: string
  /** person is how somebody is called whose account is erased. */
  person?: string
  keyId: string
  operator: string
  action: string
  address: string
  details: unknown
  before: unknown
  after: unknown
}

/** AuditFilter chooses entries; what is empty chooses all. from and to are moments. */
export interface AuditFilter {
  action: string
  accountId: string
  about: string
  search: string
  from: string
  to: string
}

export interface AuditPageOf {
  entries: AuditEntry[]
  next: string
}

const PAGE = 50

const at = (workspace: string) => `/api/v1/workspaces/${encodeURIComponent(workspace)}/audit`

/** auditQuery writes a filter as the API takes it. */
export function auditQuery(filter: Partial<AuditFilter>): URLSearchParams {
  const q = new URLSearchParams()
  const put = (name: string, value: string | undefined) => value && q.set(name, value)
  put('action', filter.action)
  put('account_id', filter.accountId)
  put('about', filter.about)
  put('search', filter.search)
  put('from', filter.from)
  put('to', filter.to)
  return q
}

export function exportAddress(workspace: string, filter: AuditFilter, format: 'csv' | 'json'): string {
  const q = auditQuery(filter)
  q.set('format', format)
  return `${at(workspace)}/export?${q}`
}

export function useAudit(workspace: string, filter: AuditFilter): UseInfiniteQueryResult<InfiniteData<AuditPageOf>> {
  return useInfiniteQuery({
    queryKey: [...workspaceKey(workspace), 'audit', filter],
    queryFn: ({ signal, pageParam }) => {
      const q = auditQuery(filter)
      q.set('limit', String(PAGE))
      if (pageParam) q.set('cursor', pageParam)
      return request(`${at(workspace)}?${q}`, { signal }, decodeAudit)
    },
    initialPageParam: '',
    getNextPageParam: (last) => last.next || undefined,
  })
}

/** useLastEntry is the newest entry of an action, asked when it is needed. */
export function useLastEntry(workspace: string, filter: Partial<AuditFilter>): UseQueryResult<AuditEntry | null> {
  return useQuery({
    queryKey: [...workspaceKey(workspace), 'audit-last', filter],
    queryFn: async ({ signal }) => {
      const q = auditQuery(filter)
      q.set('limit', '1')
      return (await request(`${at(workspace)}?${q}`, { signal }, decodeAudit)).entries[0] ?? null
    },
    staleTime: 0,
    gcTime: 0,
  })
}

export function decodeAudit(body: unknown): AuditPageOf {
  return { entries: list(fields(body)['entries']).map(decodeEntry), next: text(fields(body)['next_cursor']) }
}

function decodeEntry(v: unknown): AuditEntry {
  const e = fields(v)
  return {
    seq: number(e['seq']),
    at: text(e['at']),
    accountId: text(e['account_id']),
    person: text(e['person']),
    keyId: text(e['key_id']),
    operator: text(e['operator']),
    action: text(e['action']),
    address: text(e['address']),
    details: e['details'],
    before: e['before'],
    after: e['after'],
  }
}
