// The stand-in for connections to Google: one that works, one that has to be made again, and a file.
import { fault, type Answer } from './account'
import { trial } from './attributionMock'

type Body = Record<string, unknown>

const checked = { checked_at: '2026-11-20T09:30:00Z' }
const accounts = [
  { id: '1000000001', name: 'Acme agency', manager: true, currency: 'EUR', time_zone: 'Europe/Berlin' },
  { id: '2000000002', login_id: '1000000001', name: 'Acme Shop', manager: false, currency: 'EUR', time_zone: 'Europe/Berlin' },
  { id: '2000000005', login_id: '1000000001', name: 'Old shop', manager: false, currency: 'EUR', time_zone: 'Europe/Berlin', code: 'CUSTOMER_NOT_ENABLED', reason: 'The account of Google Ads is not enabled.' },
]

export class MockGoogle {
  readonly connections: Body[]
  readonly mappings: Body[]
  heldAt: string | null = null

  constructor(private readonly now: () => Date) {
    const base = { missing_scopes: [], created_at: '2026-11-20T09:30:00Z', changed_at: '2026-11-20T09:30:00Z' }
    this.connections = [
      { ...base, id: '2', state: 'active', transport: 'data_manager', customer: accounts[1], abilities: [{ name: 'data_manager', can: true, ...checked }, { name: 'google_ads', can: false, code: 'CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE', reason: 'The account cannot use the Google Ads API for uploads; use Data Manager.', ...checked }] },
      { ...base, id: '3', state: 'needs_reconnecting', transport: 'data_manager', customer: { id: '2000000003', name: 'Acme Journal', currency: 'CHF', time_zone: 'Europe/Zurich' }, abilities: [], problem: { code: 'INVALID_GRANT', message: 'The connection to Google was revoked or ran out; connect it again.', at: base.created_at } },
      { ...base, id: '4', state: 'active', transport: 'file', customer: { id: '', name: 'Brand', currency: '', time_zone: '' }, abilities: [{ name: 'file', can: true, ...checked }], file: { url: 'https://noctra.example/imports/google/gf_k3Jd0aQx7LmZ2vYt.csv', user: 'gf_k3Jd0aQx7LmZ2vYt' } },
    ]
    const rules = { value_rule: 'event', review: false, enhanced: true, without_click: false, delay_minutes: 30, window_days: 90, one_per_click: false, since: base.created_at, paused: false }
    this.mappings = [{ ...base, ...rules, id: '8', site_id: '1', connection_id: '2', action_id: '900000021', action_name: 'Purchase' }]
  }

  /** answer is for what stands behind /workspaces/ID; null for what is not about Google. */
  answer(method: string, path: string, body: Body): Answer | null {
    const ok = (answered: unknown): Answer => ({ status: 200, body: answered, headers: { ETag: '"state-1"' } })
    if (path === '/google/consent') return ok({ url: '/workspaces/1/google?result=missing_scopes&missing=adwords', expires_at: this.now().toISOString() })
    if (path === '/uploads') return ok({ held: this.heldAt !== null, held_at: this.heldAt ?? undefined })
    if (path.startsWith('/uploads/')) return (this.heldAt = path.endsWith('hold') ? this.now().toISOString() : null), ok({})
    const [, id, rest = ''] = /^\/google\/connections\/(\d+)(\/.*)?$/.exec(path) ?? []
    if (id) return this.connection(method, this.connections.find((c) => c['id'] === id), { rest, body })
    if (path === '/google/connections') return ok(method === 'POST' ? { ...this.connections[2], secret: 'k3Jd0aQx7LmZ2vYt9RbN5sWcE8uHfG1p' } : { connections: this.connections })
    if (path.startsWith('/conversion-actions')) return this.mapping(method, path.slice('/conversion-actions'.length), body)
    return null
  }

  private connection(method: string, c: Body | undefined, { rest, body }: { rest: string; body: Body }): Answer {
    const ok = (answered: unknown): Answer => ({ status: 200, body: answered, headers: { ETag: '"state-1"' } })
    if (!c) return fault(404, 'not_found', 'There is no such connection, or it is not yours.')
    if (rest === '/accounts') return ok({ accounts })
    if (rest === '/actions') return ok({ actions: [{ id: '900000021', name: 'Purchase', enabled: true }, { id: '900000022', name: 'Newsletter', enabled: true }, { id: '900000023', name: 'Gone', enabled: false }] })
    if (rest === '/accesses') return ok({ accesses: [{ id: '1', at: '2026-11-24T13:00:00Z', purpose: 'upload', calls: 12 }, { id: '2', at: '2026-11-24T12:00:00Z', purpose: 'list_accounts', calls: 1 }] })
    if (rest === '/fetches') return ok({ fetches: [{ id: '1', at: '2026-11-24T04:00:00Z', agent: 'Google-Ads-Conversion-Import', rows: 128, bytes: 16431 }] })
    if (rest === '/secret') return ok({ ...c, secret: 'k3Jd0aQx7LmZ2vYt9RbN5sWcE8uHfG1p' })
    if (method === 'DELETE') Object.assign(c, { state: 'disconnected', disconnected_at: this.now().toISOString() })
    if (method === 'PATCH') Object.assign(c, { customer: accounts.find((a) => a.id === body['customer_id']) })
    return ok(c)
  }

  private mapping(method: string, path: string, body: Body): Answer {
    const ok = (answered: unknown): Answer => ({ status: 200, body: answered, headers: { ETag: '"state-1"' } })
    if (path === '' && method === 'GET') return ok({ conversion_actions: this.mappings })
    if (path === '' || path.endsWith('/trial')) {
      if (body['without_click'] === true && body['enhanced'] !== true) return { ...fault(422, 'invalid_request', 'The request is not as it has to be.'), body: { code: 'invalid_request', detail: 'The request is not as it has to be.', errors: [{ path: 'without_click', message: 'Without a click there have to be hashed identifiers; set enhanced as well.' }] } }
      if (path.endsWith('/trial')) return trial(this.now(), false)
      this.mappings.push({ ...body, id: String(20 + this.mappings.length), action_name: body['action_name'] ?? 'Newsletter', since: this.now().toISOString(), window_days: 90, paused: false })
      return ok(this.mappings.at(-1))
    }
    const i = this.mappings.findIndex((m) => path.startsWith(`/${String(m['id'])}`))
    if (i < 0) return fault(404, 'not_found', 'There is no such choice, or it is not yours.')
    if (path.endsWith('/test')) return ok({ taken: true, transport: 'data_manager' })
    if (method === 'DELETE') return this.mappings.splice(i, 1), { status: 204 }
    if (method === 'PATCH') Object.assign(this.mappings[i]!, body)
    return ok(this.mappings[i])
  }
}
