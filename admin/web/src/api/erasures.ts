// Erasures: what was asked for, how far each is, and its receipt. Whom one was about is not in here;
// the service keeps hashes alone.
import { useQuery, type UseQueryResult } from '@tanstack/react-query'
import { request } from './client'
import { fields, list, number, text, textOrNull } from './decode'
import { allPages } from './workspaces'

export interface Found {
  store: string
  table: string
  siteId: string
  rows: number
  bytes: number
  /** more says of a preview that there are more than rows. */
  more: boolean
}

export interface Receipt {
  subject: { siteId: string; hash: string }[]
  keptOutAt: string | null
  found: Found[]
  hiddenAt: string | null
  checkedAt: string | null
  /** later is what came in after the check, and was deleted as well. */
  later: { at: string; rows: number }[]
  /** waits is what is rewritten by nobody, and by when it is gone. */
  waits: { store: string; what: string; goneBy: string }[]
  lookedAgain: string | null
}

export interface Erasure {
  id: string
  workspaceId: string
  scope: string
  /** subjectKind says how a person was named; empty for sites and workspaces. */
  subjectKind: string
  siteIds: string[]
  state: string
  /** step is what is worked on, also while it fails. */
  step: string
  stateAt: string
  problem: string
  nextTryAt: string | null
  requestedBy: string
  requestedAt: string
  doneAt: string | null
  watchedUntil: string | null
  receipt: Receipt
  /** source is the answer as it came, for whoever keeps it as evidence. */
  source: unknown
}

export type SubjectKind = 'user_id' | 'visitor_id' | 'order_id' | 'email'

const AT = '/api/v1/erasures'
const EVERY_MS = 3_000

export const erasuresKey = (workspace: string) => ['erasures', workspace] as const

const under = (e: Erasure | undefined) => e !== undefined && e.step !== 'done'

/** useErasures lists those of a workspace, the newest first, and looks again while one is under way. */
export function useErasures(workspace: string): UseQueryResult<Erasure[]> {
  return useQuery({
    queryKey: [...erasuresKey(workspace), 'list'],
    queryFn: async ({ signal }) => (await allPages(AT, 'erasures', signal, decodeErasure)).filter((e) => e.workspaceId === workspace).reverse(),
    refetchInterval: ({ state }) => (state.data?.some(under) ? EVERY_MS : false),
    staleTime: 0, // a receipt that was looked at may have said more
  })
}

export function useErasure(workspace: string, id: string): UseQueryResult<Erasure> {
  return useQuery({
    queryKey: [...erasuresKey(workspace), id],
    queryFn: ({ signal }) => request(`${AT}/${encodeURIComponent(id)}`, { signal }, decodeErasure),
    refetchInterval: ({ state }) => (under(state.data) ? EVERY_MS : false),
  })
}

export const erase = (body: string, once: string) => request(AT, { method: 'POST', body, once }, decodeErasure)

/** previewErase says what such an erasure would find; it changes nothing. */
export const previewErase = (body: string, signal: AbortSignal) => request(`${AT}/preview`, { method: 'POST', body, signal }, (answer) => list(fields(answer)['found']).map(decodePlace))

export function decodeErasure(v: unknown): Erasure {
  const e = fields(v)
  return {
    id: text(e['id']),
    workspaceId: text(e['workspace_id']),
    scope: text(e['scope']),
    subjectKind: text(e['subject_kind']),
    siteIds: list(e['site_ids']).map(text),
    state: text(e['state']),
    step: text(e['step']),
    stateAt: text(e['state_at']),
    problem: text(e['problem']),
    nextTryAt: textOrNull(e['next_try_at']),
    requestedBy: text(e['requested_by']),
    requestedAt: text(e['requested_at']),
    doneAt: textOrNull(e['done_at']),
    watchedUntil: textOrNull(e['watched_until']),
    receipt: decodeReceipt(e['receipt']),
    source: v,
  }
}

function decodeReceipt(v: unknown): Receipt {
  const r = fields(v)
  return {
    subject: list(r['subject']).map((s) => ({ siteId: text(fields(s)['site_id']), hash: text(fields(s)['hash']) })),
    keptOutAt: textOrNull(r['kept_out_at']),
    found: list(r['found']).map(decodePlace),
    hiddenAt: textOrNull(r['hidden_at']),
    checkedAt: textOrNull(r['checked_at']),
    later: list(r['later']).map((x) => ({ at: text(fields(x)['at']), rows: number(fields(x)['rows']) })),
    waits: list(r['waits']).map((x) => ({ store: text(fields(x)['store']), what: text(fields(x)['what']), goneBy: text(fields(x)['gone_by']) })),
    lookedAgain: textOrNull(r['looked_again']),
  }
}

function decodePlace(v: unknown): Found {
  const f = fields(v)
  return { store: text(f['store']), table: text(f['table']), siteId: text(f['site_id']), rows: number(f['rows']), bytes: number(f['bytes']), more: f['more'] === true }
}
