// Connections to Google Ads, and which events of which site become conversions of which action.
import { useQuery, type UseQueryResult } from '@tanstack/react-query'
import { request, requestTagged, type Tagged } from './client'
import { fields, list, number, text, textOrNull } from './decode'
import { allPages, workspaceKey } from './workspaces'

export interface Ability {
  name: string
  can: boolean
  reason: string
}

export interface Connection {
  id: string
  /** state is choosing, active, needs_reconnecting or disconnected. */
  state: string
  transport: string
  customer: { id: string; loginId: string; name: string; currency: string; timeZone: string } | null
  abilities: Ability[]
  missingScopes: string[]
  problem: string
  pausedUntil: string | null
  file: { url: string; user: string } | null
  createdAt: string
  disconnectedAt: string | null
  purgedAt: string | null
}

export interface Account {
  id: string
  loginId: string
  name: string
  manager: boolean
  currency: string
  reason: string
}

export interface AdsAction {
  id: string
  name: string
  enabled: boolean
}

export interface Mapping {
  id: string
  siteId: string
  connectionId: string
  goalId: string
  actionId: string
  actionName: string
  valueRule: string
  fixedValue: string
  currency: string
  review: boolean
  enhanced: boolean
  withoutClick: boolean
  delayMinutes: number
  windowDays: number
  onePerClick: boolean
  notBefore: string | null
  since: string
  paused: boolean
  pausedUntil: string | null
}

export interface Tested {
  taken: boolean
  transport: string
  reason: string
}

/** LogLine is an access to Google's data, or a fetch of the file. */
export interface LogLine {
  id: string
  at: string
  what: string
  count: number
}

const at = (workspace: string, rest: string) => `/api/v1/workspaces/${encodeURIComponent(workspace)}${rest}`
const connectionAt = (workspace: string, id: string, rest = '') => at(workspace, `/google/connections/${encodeURIComponent(id)}${rest}`)
const mappingAt = (workspace: string, id: string, rest = '') => at(workspace, `/conversion-actions/${encodeURIComponent(id)}${rest}`)
const nothing = () => null

export const googleKey = (workspace: string) => [...workspaceKey(workspace), 'google'] as const

export function useConnections(workspace: string): UseQueryResult<Connection[]> {
  return useQuery({ queryKey: [...googleKey(workspace), 'connections'], queryFn: ({ signal }) => allPages(at(workspace, '/google/connections'), 'connections', signal, decodeConnection) })
}

export function useMappings(workspace: string): UseQueryResult<Mapping[]> {
  return useQuery({ queryKey: [...googleKey(workspace), 'mappings'], queryFn: ({ signal }) => allPages(at(workspace, '/conversion-actions'), 'conversion_actions', signal, decodeMapping) })
}

/** useMapping is one with the tag of its state, never an old one. */
export function useMapping(workspace: string, id: string): UseQueryResult<Tagged<Mapping>> {
  return useQuery({ queryKey: [...googleKey(workspace), 'mapping', id], queryFn: ({ signal }) => requestTagged(mappingAt(workspace, id), { signal }, decodeMapping), enabled: id !== '', staleTime: 0, gcTime: 0, refetchOnWindowFocus: false })
}

export function useUploadsHeld(workspace: string): UseQueryResult<string | null> {
  return useQuery({ queryKey: [...googleKey(workspace), 'uploads'], queryFn: ({ signal }) => request(at(workspace, '/uploads'), { signal }, (b) => (fields(b)['held'] === true ? text(fields(b)['held_at']) || 'held' : null)) })
}

export function useAccounts(workspace: string, id: string): UseQueryResult<Account[]> {
  return useQuery({ queryKey: [...googleKey(workspace), 'accounts', id], queryFn: ({ signal }) => request(connectionAt(workspace, id, '/accounts'), { signal }, (b) => list(fields(b)['accounts']).map(decodeAccount)), gcTime: 0, refetchOnWindowFocus: false })
}

export function useAdsActions(workspace: string, id: string): UseQueryResult<AdsAction[]> {
  return useQuery({ queryKey: [...googleKey(workspace), 'actions', id], queryFn: ({ signal }) => request(connectionAt(workspace, id, '/actions'), { signal }, (b) => list(fields(b)['actions']).map(decodeAction)), enabled: id !== '', gcTime: 0, refetchOnWindowFocus: false })
}

export function useLog(workspace: string, id: string, kind: 'accesses' | 'fetches'): UseQueryResult<LogLine[]> {
  return useQuery({ queryKey: [...googleKey(workspace), kind, id], queryFn: ({ signal }) => request(connectionAt(workspace, id, `/${kind}`), { signal }, (b) => list(fields(b)[kind]).map(decodeLog)) })
}

export const beginGoogle = (workspace: string, connection: string) =>
  request(at(workspace, '/google/consent'), { method: 'POST', body: JSON.stringify(connection ? { connection_id: connection } : {}) }, (b) => text(fields(b)['url']))
export const createFile = (workspace: string, body: string, once: string) => request(at(workspace, '/google/connections'), { method: 'POST', body, once }, decodeSecret)
export const replaceSecret = (workspace: string, id: string) => request(connectionAt(workspace, id, '/secret'), { method: 'POST' }, decodeSecret)
export const probeGoogle = (workspace: string, id: string) => request(connectionAt(workspace, id, '/probe'), { method: 'POST' }, nothing)
export const setHold = (workspace: string, on: boolean) => request(at(workspace, `/uploads/${on ? 'hold' : 'release'}`), { method: 'POST' }, nothing)
export const createMapping = (workspace: string, body: string, once: string) => request(at(workspace, '/conversion-actions'), { method: 'POST', body, once }, nothing)
export const changeMapping = (workspace: string, id: string, change: { tag: string; body: string }) => request(mappingAt(workspace, id), { method: 'PATCH', ...change }, nothing)
export const testMapping = (workspace: string, id: string) =>
  request(mappingAt(workspace, id, '/test'), { method: 'POST' }, (b): Tested => ({ taken: fields(b)['taken'] === true, transport: text(fields(b)['transport']), reason: text(fields(b)['reason']) || text(fields(b)['code']) }))

/** changeConnection and those below name the state that is there at the moment of the press. */
export async function changeConnection(workspace: string, id: string, change: Record<string, string>): Promise<null> {
  const { tag } = await requestTagged(connectionAt(workspace, id), {}, nothing)
  return request(connectionAt(workspace, id), { method: 'PATCH', tag, body: JSON.stringify(change) }, nothing)
}

export async function disconnect(workspace: string, id: string): Promise<null> {
  const { tag } = await requestTagged(connectionAt(workspace, id), {}, nothing)
  return request(connectionAt(workspace, id), { method: 'DELETE', tag }, nothing)
}

export async function removeMapping(workspace: string, id: string): Promise<null> {
  const { tag } = await requestTagged(mappingAt(workspace, id), {}, nothing)
  return request(mappingAt(workspace, id), { method: 'DELETE', tag }, nothing)
}

function decodeConnection(v: unknown): Connection {
  const c = fields(v)
  const customer = fields(c['customer'])
  const file = fields(c['file'])
  return {
    id: text(c['id']), state: text(c['state']), transport: text(c['transport']),
    customer: c['customer'] ? { id: text(customer['id']), loginId: text(customer['login_id']), name: text(customer['name']), currency: text(customer['currency']), timeZone: text(customer['time_zone']) } : null,
    abilities: list(c['abilities']).map((a) => ({ name: text(fields(a)['name']), can: fields(a)['can'] === true, reason: text(fields(a)['reason']) })),
    missingScopes: list(c['missing_scopes']).map(text), problem: text(fields(c['problem'])['message']), pausedUntil: textOrNull(c['paused_until']),
    file: c['file'] ? { url: text(file['url']), user: text(file['user']) } : null,
    createdAt: text(c['created_at']), disconnectedAt: textOrNull(c['disconnected_at']), purgedAt: textOrNull(c['purged_at']),
  }
}

function decodeSecret(b: unknown): Connection & { secret: string } {
  return { ...decodeConnection(b), secret: text(fields(b)['secret']) }
}

function decodeAccount(v: unknown): Account {
  const a = fields(v)
  return { id: text(a['id']), loginId: text(a['login_id']), name: text(a['name']), manager: a['manager'] === true, currency: text(a['currency']), reason: text(a['reason']) }
}

function decodeAction(v: unknown): AdsAction {
  return { id: text(fields(v)['id']), name: text(fields(v)['name']), enabled: fields(v)['enabled'] === true }
}

function decodeLog(v: unknown): LogLine {
  const l = fields(v)
  return { id: text(l['id']), at: text(l['at']), what: text(l['purpose']) || text(l['agent']), count: number(l['calls'] ?? l['rows']) }
}

function decodeMapping(v: unknown): Mapping {
  const m = fields(v)
  const yes = (name: string) => m[name] === true
  return {
    id: text(m['id']), siteId: text(m['site_id']), connectionId: text(m['connection_id']), goalId: text(m['goal_id']), actionId: text(m['action_id']), actionName: text(m['action_name']),
    valueRule: text(m['value_rule']), fixedValue: text(m['fixed_value']), currency: text(m['currency']), review: yes('review'), enhanced: yes('enhanced'), withoutClick: yes('without_click'),
    delayMinutes: number(m['delay_minutes']), windowDays: number(m['window_days']), onePerClick: yes('one_per_click'), notBefore: textOrNull(m['not_before']), since: text(m['since']), paused: yes('paused'), pausedUntil: textOrNull(m['paused_until']),
  }
}
