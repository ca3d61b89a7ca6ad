// Keys that send events of a site, and keys that read its reports. Secrets in answers are kept nowhere.
import { useQuery, type UseQueryResult } from '@tanstack/react-query'
import { request, requestTagged, type Tagged } from './client'
import { fields, list, text, textOrNull } from './decode'
import { allPages } from './workspaces'

export interface Key {
  id: string
  name: string
  state: string
  createdAt: string
  createdBy: string
  lastUsedAt: string | null
  expiresAt: string | null
  replacedBy: string
  siteIds: string[]
  allSites: boolean
  /** signature is whether requests have to be signed; of server keys alone. */
  signature: string
  canSign: boolean
  /** workspaceId and scopes are of API keys alone. */
  workspaceId: string
  scopes: string[]
}

/** Secrets of a new key are shown once. */
export interface NewKey {
  key: string
  signingSecret: string
  /** oldExpiresAt is until when the key that was rotated stays good. */
  oldExpiresAt: string | null
}

export type KeyKind = 'server' | 'api'

const at = (kind: KeyKind, site: string, rest = '') => (kind === 'server' ? `/api/v1/sites/${encodeURIComponent(site)}/server-keys${rest}` : `/api/v1/api-keys${rest}`)
const one = (id: string) => `/${encodeURIComponent(id)}`

export const keysKey = (kind: KeyKind, site: string) => ['keys', kind, site] as const

export function useKeys(kind: KeyKind, site: string): UseQueryResult<Key[]> {
  return useQuery({ queryKey: keysKey(kind, site), queryFn: ({ signal }) => allPages(at(kind, site), 'keys', signal, decodeKey) })
}

/** useKey is a key with its state's tag, never an old one. */
export function useKey(kind: KeyKind, site: string, id: string): UseQueryResult<Tagged<Key>> {
  return useQuery({ queryKey: [...keysKey(kind, site), id], queryFn: ({ signal }) => requestTagged(at(kind, site, one(id)), { signal }, decodeKey), staleTime: 0, gcTime: 0, refetchOnWindowFocus: false })
}

export const changeKey = (kind: KeyKind, site: string, id: string, change: { tag: string; body: string }) => request(at(kind, site, one(id)), { method: 'PATCH', ...change }, () => null)
export const createKey = (kind: KeyKind, site: string, send: { body: string; once: string }) => request(at(kind, site), { method: 'POST', ...send }, decodeNew)
export const rotateKey = (kind: KeyKind, site: string, id: string, send: { body: string; once: string }) => request(at(kind, site, `${one(id)}/rotate`), { method: 'POST', ...send }, decodeNew)
export const revokeKey = (kind: KeyKind, site: string, id: string) => request(at(kind, site, one(id)), { method: 'DELETE' }, () => null)

export function decodeKey(v: unknown): Key {
  const k = fields(v)
  return {
    id: text(k['id']),
    name: text(k['name']),
    state: text(k['state']),
    createdAt: text(k['created_at']),
    createdBy: text(fields(k['created_by'])['name']),
    lastUsedAt: textOrNull(k['last_used_at']),
    expiresAt: textOrNull(k['expires_at']),
    replacedBy: text(k['replaced_by']),
    siteIds: list(k['site_ids']).map(text),
    allSites: k['all_sites'] === true,
    signature: text(k['signature']),
    canSign: k['can_sign'] === true,
    workspaceId: text(k['workspace_id']),
    scopes: list(k['scopes']).map(text),
  }
}

function decodeNew(body: unknown): NewKey {
  const k = fields(body)
  return { key: text(k['key']), signingSecret: text(k['signing_secret']), oldExpiresAt: textOrNull(k['old_expires_at']) }
}
