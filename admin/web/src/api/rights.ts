// The rights of the people in the data: what is kept, copies of a workspace, and what people ask for.
import { useQuery, type UseQueryResult } from '@tanstack/react-query'
import { request, requestTagged, type Tagged } from './client'
import { fields, list, number, text, textOrNull } from './decode'
import { allPages, workspaceKey } from './workspaces'

export interface Copy {
  id: string
  state: string
  size: number
  createdAt: string
  expiresAt: string | null
}

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

export interface KeptPlace {
  store: string
  name: string
  holds: string
  about: string
  kept: string
}

const at = (workspace: string, rest: string) => `/api/v1/workspaces/${encodeURIComponent(workspace)}${rest}`
const EVERY_MS = 5_000

export const copiesKey = (workspace: string) => [...workspaceKey(workspace), 'copies'] as const
export const requestsKey = (workspace: string) => [...workspaceKey(workspace), 'requests'] as const

/** useCopies looks again while one is being made. */
export function useCopies(workspace: string): UseQueryResult<Copy[]> {
  return useQuery({
    queryKey: copiesKey(workspace),
    queryFn: ({ signal }) => allPages(at(workspace, '/exports'), 'exports', signal, decodeCopy),
    refetchInterval: ({ state }) => (state.data?.some((c) => c.state === 'waiting') ? EVERY_MS : false),
  })
}

export const makeCopy = (workspace: string, once: string) => request(at(workspace, '/exports'), { method: 'POST', once }, () => null)
export const linkOfCopy = (workspace: string, id: string) => request(at(workspace, `/exports/${encodeURIComponent(id)}/link`), { method: 'POST' }, (body) => text(fields(body)['url']))
export const deleteCopy = (workspace: string, id: string) => request(at(workspace, `/exports/${encodeURIComponent(id)}`), { method: 'DELETE' }, () => null)

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

export function useKept(): UseQueryResult<KeptPlace[]> {
  return useQuery({ queryKey: ['kept'], queryFn: ({ signal }) => request('/api/v1/retention', { signal }, decodeKept) })
}

export function decodeCopy(v: unknown): Copy {
  const c = fields(v)
  return { id: text(c['id']), state: text(c['state']), size: number(c['size']), createdAt: text(c['created_at']), expiresAt: textOrNull(c['expires_at']) }
}

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

function decodeKept(body: unknown): KeptPlace[] {
  return list(fields(body)['places']).map((v) => {
    const p = fields(v)
    return { store: text(p['store']), name: text(p['name']), holds: text(p['holds']), about: text(p['about']), kept: text(p['kept']) }
  })
}
