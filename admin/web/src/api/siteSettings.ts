// A site with all its settings, for those who manage it, and what is done with the site as a whole.
import { useQuery, type UseQueryResult } from '@tanstack/react-query'
import { request, requestTagged, type Tagged } from './client'
import { decodeSite, fields, list, number, text, textOrNull } from './decode'
import type { Site } from './types'
import { allPages } from './workspaces'

export interface BotRule {
  kind: string
  value: string
  action: string
}

export interface SiteChange {
  field: string
  before: string
  after: string
  changedAt: string
}

export type SiteState = 'active' | 'archived' | 'deleted'

/** ListedSite is a site of any state. */
export interface ListedSite extends Site {
  state: SiteState
  archivedAt: string | null
  eraseAfter: string | null
}

export interface SiteSettings extends ListedSite {
  hostnames: string[]
  identityMode: string
  consentMode: string
  queryParams: string[]
  lookbackDays: number
  /** retention in days; null is for ever. */
  retentionRawDays: number | null
  retentionAggregatesDays: number | null
  botRules: BotRule[]
  excludedAddresses: string[]
  excludedPaths: string[]
  salesFromBrowsers: string
  changes: SiteChange[]
}

const at = (id: string, rest = '') => `/api/v1/sites/${encodeURIComponent(id)}${rest}`

export const siteKey = (id: string) => ['site', id] as const

export function useSiteSettings(id: string): UseQueryResult<Tagged<SiteSettings>> {
  return useQuery({ queryKey: [...siteKey(id), 'settings'], queryFn: ({ signal }) => requestTagged(at(id), { signal }, decodeSettings), refetchOnWindowFocus: false })
}

/** SiteChanges are fields as the API takes them; what is not sent stays. */
export type SiteEdit = Record<string, unknown>

export const changeSite = (id: string, tag: string, edit: SiteEdit) => request(at(id), { method: 'PATCH', tag, body: JSON.stringify(edit) }, decodeSettings)

/** setLookback keeps another look-back, whatever else of the site was changed meanwhile. */
export async function setLookback(id: string, days: number): Promise<SiteSettings> {
  const { tag } = await requestTagged(at(id), {}, decodeSettings)
  return changeSite(id, tag, { lookback_days: days })
}

/** moveSite archives a site, takes it back, deletes it, or restores it. */
export function moveSite(id: string, move: 'archive' | 'unarchive' | 'delete' | 'restore'): Promise<SiteSettings> {
  return move === 'delete' ? request(at(id), { method: 'DELETE' }, decodeSettings) : request(at(id, `/${move}`), { method: 'POST' }, decodeSettings)
}

/** useSitesOf lists the sites of one state in a workspace. */
export function useSitesOf(workspace: string, state: SiteState, enabled = true): UseQueryResult<ListedSite[]> {
  return useQuery({
    queryKey: ['sites', workspace, state],
    queryFn: async ({ signal }) => (await allPages(`/api/v1/sites?state=${state}`, 'sites', signal, decodeListed)).filter((s) => s.workspaceId === workspace),
    enabled,
  })
}

function decodeListed(v: unknown): ListedSite {
  const s = fields(v)
  const state = text(s['state'])
  return { ...decodeSite(v), state: state === 'archived' || state === 'deleted' ? state : 'active', archivedAt: textOrNull(s['archived_at']), eraseAfter: textOrNull(s['erase_after']) }
}

export function decodeSettings(body: unknown): SiteSettings {
  const s = fields(body)
  const texts = (name: string) => list(s[name]).map(text)
  const days = (name: string) => (typeof s[name] === 'number' ? s[name] : null)
  return {
    ...decodeListed(body),
    hostnames: texts('hostnames'),
    identityMode: text(s['identity_mode']),
    consentMode: text(s['consent_mode']),
    queryParams: texts('query_params'),
    lookbackDays: number(s['lookback_days']),
    retentionRawDays: days('retention_raw_days'),
    retentionAggregatesDays: days('retention_aggregates_days'),
    botRules: list(s['bot_rules']).map((v) => ({ kind: text(fields(v)['kind']), value: text(fields(v)['value']), action: text(fields(v)['action']) })),
    excludedAddresses: texts('excluded_addresses'),
    excludedPaths: texts('excluded_paths'),
    salesFromBrowsers: text(s['sales_from_browsers']),
    changes: list(s['changes']).map((v) => {
      const c = fields(v)
      return { field: text(c['field']), before: text(c['before']), after: text(c['after']), changedAt: text(c['changed_at']) }
    }),
  }
}
