// Copies of everything that there is about a workspace, or about one's own account: made in the
// background, kept for a few days, loaded by a link that is made when it is needed.
import { useQuery, type UseQueryResult } from '@tanstack/react-query'
import { request } from './client'
import { fields, number, text, textOrNull } from './decode'
import { allPages, workspaceKey } from './workspaces'

export interface Copy {
  id: string
  state: string
  accountId: string
  /** size is in bytes, 0 before the copy is ready. */
  size: number
  createdAt: string
  endedAt: string | null
  expiresAt: string | null
  /** why says in a sentence why it failed; empty where that is not known. */
  why: string
}

/** CopiesOf says of what copies are made. */
export interface CopiesOf {
  key: readonly string[]
  make: string
  list: string
}

export const copiesOfAccount: CopiesOf = { key: ['account', 'copies'], make: '/api/v1/account/export', list: '/api/v1/account/exports' }

export function copiesOfWorkspace(id: string): CopiesOf {
  const path = `/api/v1/workspaces/${encodeURIComponent(id)}/exports`
  return { key: [...workspaceKey(id), 'copies'], make: path, list: path }
}

const EVERY_MS = 5_000

/** useCopies looks again while one is being made. */
export function useCopies(of: CopiesOf): UseQueryResult<Copy[]> {
  return useQuery({
    queryKey: of.key,
    queryFn: ({ signal }) => allPages(of.list, 'exports', signal, decodeCopy),
    refetchInterval: ({ state }) => (state.data?.some((c) => c.state === 'waiting') ? EVERY_MS : false),
  })
}

const one = (of: CopiesOf, id: string, rest = '') => `${of.list}/${encodeURIComponent(id)}${rest}`

export const makeCopy = (of: CopiesOf, once: string) => request(of.make, { method: 'POST', once }, () => null)
export const linkOfCopy = (of: CopiesOf, id: string) => request(one(of, id, '/link'), { method: 'POST' }, (body) => text(fields(body)['url']))
export const deleteCopy = (of: CopiesOf, id: string) => request(one(of, id), { method: 'DELETE' }, () => null)

export function decodeCopy(v: unknown): Copy {
  const c = fields(v)
  return {
    id: text(c['id']),
    state: text(c['state']),
    accountId: text(c['account_id']),
    size: number(c['size']),
    createdAt: text(c['created_at']),
    endedAt: textOrNull(c['ended_at']),
    expiresAt: textOrNull(c['expires_at']),
    why: textOrNull(c['reason_words']) ?? '',
  }
}
