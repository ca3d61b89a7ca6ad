// Workspaces, their members and invitations: the shapes of /api/v1/workspaces and its requests.
import { useQuery, type UseQueryResult } from '@tanstack/react-query'
import { request, requestTagged, type Tagged } from './client'
import { fields, list, text, textOrNull } from './decode'

export interface OwnWorkspace {
  id: string
  name: string
  role: string
  createdAt: string
  /** secondFactor says whether members need one. */
  secondFactor: boolean
  /** eraseAfter is when it will be erased with all that is in it; null where that is not planned. */
  eraseAfter: string | null
}

export interface Member {
  accountId: string
  name: string
  email: string
  role: string
  createdAt: string
  /** lastSeen is a day, 2026-11-24; null where they are signed in nowhere. */
  lastSeen: string | null
}

export interface Invitation {
  id: string
  email: string
  role: string
  sentAt: string
  expiresAt: string
}

const AT = '/api/v1/workspaces'
const at = (workspace: string, rest = '') => `${AT}/${encodeURIComponent(workspace)}${rest}`
const nothing = () => null

/** workspaceKey begins the keys of all that is asked of a workspace. */
export const workspaceKey = (workspace: string) => ['workspace', workspace] as const

export const createWorkspace = (body: string, once: string) => request(AT, { method: 'POST', body, once }, decodeWorkspace)
export const renameWorkspace = (id: string, tag: string, name: string) => request(at(id), { method: 'PATCH', tag, body: JSON.stringify({ name }) }, decodeWorkspace)
export const demandSecondFactor = (id: string, tag: string, required: boolean) => request(at(id, '/second-factor'), { method: 'PUT', tag, body: JSON.stringify({ required }) }, decodeWorkspace)
export const leaveWorkspace = (id: string) => request(at(id, '/leave'), { method: 'POST' }, nothing)
export const transferWorkspace = (id: string, account: string) => request(at(id, '/transfer'), { method: 'POST', body: JSON.stringify({ account_id: account }) }, nothing)
export const deleteWorkspace = (id: string, name: string) => request(at(id, '/delete'), { method: 'POST', body: JSON.stringify({ workspace_name: name }) }, nothing)
export const keepWorkspace = (id: string) => request(at(id, '/keep'), { method: 'POST' }, nothing)
export const invite = (id: string, body: string, once: string) => request(at(id, '/invitations'), { method: 'POST', body, once }, nothing)
export const resendInvitation = (id: string, invitation: string) => request(at(id, `/invitations/${encodeURIComponent(invitation)}/resend`), { method: 'POST' }, nothing)
export const revokeInvitation = (id: string, invitation: string) => request(at(id, `/invitations/${encodeURIComponent(invitation)}`), { method: 'DELETE' }, nothing)
export const fetchMember = (id: string, account: string, signal: AbortSignal) => requestTagged(memberAt(id, account), { signal }, decodeMember)
export const changeRole = (id: string, account: string, change: { tag: string; role: string }) =>
  request(memberAt(id, account), { method: 'PATCH', tag: change.tag, body: JSON.stringify({ role: change.role }) }, nothing)
export const removeMember = (id: string, account: string, tag: string) => request(memberAt(id, account), { method: 'DELETE', tag }, nothing)

const memberAt = (workspace: string, account: string) => at(workspace, `/members/${encodeURIComponent(account)}`)

export function useWorkspace(id: string): UseQueryResult<Tagged<OwnWorkspace>> {
  return useQuery({ queryKey: [...workspaceKey(id), 'own'], queryFn: ({ signal }) => requestTagged(at(id), { signal }, decodeWorkspace), refetchOnWindowFocus: false })
}

export const membersKey = (id: string) => [...workspaceKey(id), 'members'] as const

/** useMembers asks for all members; enabled where the reader's role may see them. */
export function useMembers(id: string, enabled = true): UseQueryResult<Member[]> {
  return useQuery({
    queryKey: [...membersKey(id), 'list'],
    queryFn: ({ signal }) => allPages(at(id, '/members'), 'members', signal, decodeMember),
    enabled,
  })
}

/** useMember is a member with the state's tag, never an old one. */
export function useMember(id: string, account: string): UseQueryResult<Tagged<Member>> {
  return useQuery({ queryKey: [...membersKey(id), account], queryFn: ({ signal }) => fetchMember(id, account, signal), staleTime: 0, gcTime: 0, refetchOnWindowFocus: false })
}

export const invitationsKey = (id: string) => [...workspaceKey(id), 'invitations'] as const

export function useInvitations(id: string): UseQueryResult<Invitation[]> {
  return useQuery({ queryKey: invitationsKey(id), queryFn: ({ signal }) => allPages(at(id, '/invitations'), 'invitations', signal, decodeInvitation) })
}

const MOST_PAGES = 20

/** allPages follows a list's cursors to its end. */
export async function allPages<T>(path: string, name: string, signal: AbortSignal, decode: (v: unknown) => T): Promise<T[]> {
  const all: T[] = []
  let cursor = ''
  for (let page = 0; page < MOST_PAGES; page++) {
    const query = cursor === '' ? '' : `${path.includes('?') ? '&' : '?'}cursor=${encodeURIComponent(cursor)}`
    const body = await request(path + query, { signal }, fields)
    all.push(...list(body[name]).map(decode))
    cursor = text(body['next_cursor'])
    if (cursor === '') break
  }
  return all
}

export function decodeWorkspace(body: unknown): OwnWorkspace {
  const w = fields(body)
  return { id: text(w['id']), name: text(w['name']), role: text(w['role']), createdAt: text(w['created_at']), secondFactor: w['second_factor'] === true, eraseAfter: textOrNull(w['erase_after']) }
}

function decodeMember(v: unknown): Member {
  const m = fields(v)
  return { accountId: text(m['account_id']), name: text(m['name']), email: text(m['email']), role: text(m['role']), createdAt: text(m['created_at']), lastSeen: textOrNull(m['last_seen']) }
}

function decodeInvitation(v: unknown): Invitation {
  const i = fields(v)
  return { id: text(i['id']), email: text(i['email']), role: text(i['role']), sentAt: text(i['sent_at']), expiresAt: text(i['expires_at']) }
}
