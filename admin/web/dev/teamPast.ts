// What has happened in the made-up workspace before anybody looked.

export interface Entry {
  seq: number
  at: string
  account_id?: string
  key_id?: string
  operator?: string
  action: string
  address: string
  details: unknown
  before?: unknown
  after?: unknown
}

const MINUTE_MS = 60_000
const SIGN_INS = 60

const site = (more: object) => ({ site_id: 1, name: 'Acme Shop', hostnames: ['shop.noctra.example'], time_zone: 'Europe/Berlin', currency: 'EUR', ...more })

const told: readonly (Partial<Entry> & { ago: number })[] = [
  { ago: 4, account_id: '42', action: 'member.role_changed', before: { account_id: 57, role: 'analyst' }, after: { account_id: 57, role: 'campaign_manager' } },
  { ago: 31, account_id: '42', action: 'site.changed', before: site({ query_params: ['variant'], lookback_days: 30 }), after: site({ query_params: ['variant', 'size'], lookback_days: 90, hostnames: ['shop.noctra.example', '*.shop.noctra.example'] }) },
  { ago: 95, account_id: '57', action: 'access.refused', details: { route: 'invite' } },
  { ago: 140, key_id: '3', action: 'api_key.first_used' },
  { ago: 150, account_id: '41', action: 'api_key.created', after: { key_id: 3, name: 'Spreadsheet' } },
  { ago: 1500, operator: 'root', action: 'member.added', after: { account_id: 57, role: 'analyst' } },
  { ago: 1700, account_id: '33', action: 'member.left', before: { account_id: 33, role: 'billing' } },
]

/** pastEntries are the newest first, and enough of them for a second page. */
export function pastEntries(now: Date): Entry[] {
  const signIns = Array.from({ length: SIGN_INS }, (_, i) => ({ ago: 2000 + 700 * i, account_id: i % 3 === 0 ? '42' : '41', action: 'sign_in.done', details: { method: i % 2 === 0 ? 'password' : 'passkey' } }))
  const all: readonly (Partial<Entry> & { ago: number })[] = [...told, ...signIns]
  return all.map(({ ago, ...e }, i) => ({ seq: all.length - i, at: new Date(now.getTime() - ago * MINUTE_MS).toISOString(), action: '', address: e.operator ? '' : i % 2 === 0 ? '203.0.113.7' : '2001:db8:85a3::8a2e:370:7334', details: {}, ...e }))
}
