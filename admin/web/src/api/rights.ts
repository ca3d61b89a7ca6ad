// What people whose data is here ask for.
import { useQuery, type UseQueryResult } from '@tanstack/react-query'
import { request, requestTagged, type Tagged } from './client'
import { fields, list, text, textOrNull } from './decode'
import { allPages, workspaceKey } from './workspaces'

export interface RequestStep {
  at: string
  state: string
  note: string
  accountId: string
}

export interface PrivacyRequest {
  id: string
  kind: string
  state: string
  hostname: string
  email: string
  text: string
  createdAt: string
  dueAt: string | null
  history: RequestStep[]
}

const at = (workspace: string, rest: string) => `/api/v1/workspaces/${encodeURIComponent(workspace)}${rest}`

export const requestsKey = (workspace: string) => [...workspaceKey(workspace), 'requests'] as const

export function useRequests(workspace: string): UseQueryResult<PrivacyRequest[]> {
  return useQuery({ queryKey: [...requestsKey(workspace), 'list'], queryFn: ({ signal }) => allPages(at(workspace, '/requests'), 'requests', signal, decodeRequest) })
}

export function useRequest(workspace: string, id: string): UseQueryResult<Tagged<PrivacyRequest>> {
  return useQuery({
    queryKey: [...requestsKey(workspace), id],
    queryFn: ({ signal }) => requestTagged(at(workspace, `/requests/${encodeURIComponent(id)}`), { signal }, decodeRequest),
    staleTime: 0,
    gcTime: 0,
    refetchOnWindowFocus: false,
  })
}

export const handleRequest = (workspace: string, id: string, change: { tag: string; state: string; note: string }) =>
  request(at(workspace, `/requests/${encodeURIComponent(id)}`), { method: 'PATCH', tag: change.tag, body: JSON.stringify({ state: change.state, note: change.note }) }, () => null)

export function decodeRequest(v: unknown): PrivacyRequest {
  const r = fields(v)
  return {
    id: text(r['id']),
    kind: text(r['kind']),
    state: text(r['state']),
    hostname: text(r['hostname']),
    email: text(r['email']),
    text: text(r['text']),
    createdAt: text(r['created_at']),
    dueAt: textOrNull(r['due_at']),
    history: list(r['history']).map((s) => ({ at: text(fields(s)['at']), state: text(fields(s)['state']), note: text(fields(s)['note']), accountId: text(fields(s)['account_id']) })),
  }
}
