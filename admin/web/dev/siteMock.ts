// The stand-in for a site's settings, keys, goals and installation.
import { fault, type Answer } from './account'
import { MockEvents } from './privacyMock'
import { MockPartners } from './partnersMock'
import type { MockTeam } from './team'

type Body = Record<string, unknown>

const DAY_MS = 86_400_000
const ok: Answer = { status: 204 }

export class MockSite {
  settings: Body
  private version = 1
  private readonly events: MockEvents
  private readonly partners = new MockPartners()
  private readonly keys: Body[]
  private readonly goals: Body[]
  private readonly funnels: Body[]

  constructor(site: object, private readonly now: () => Date, private readonly team: () => MockTeam) {
    const ago = (days: number) => new Date(now().getTime() - days * DAY_MS).toISOString()
    this.events = new MockEvents(now)
    const own = site as Body
    this.settings = {
      ...own, hostnames: [own['hostname']], identity_mode: 'cookieless', query_params: ['variant'], state: 'active', created_at: ago(300), consent_mode: 'unset_allows', lookback_days: 90,
      retention_raw_days: 395, retention_aggregates_days: null, bot_rules: [{ kind: 'user_agent_contains', value: 'AcmeMonitor/', action: 'mark' }], excluded_addresses: ['203.0.113.0/24'], excluded_paths: ['/admin/**'],
      sales_from_browsers: 'hold', changes: [{ field: 'time_zone', before: 'UTC', after: 'Europe/Berlin', changed_at: ago(40) }],
    }
    const key = { created_by: { account_id: '41', name: 'Mara Lindt' }, site_ids: ['1'], all_sites: false }
    this.keys = [
      { ...key, id: '5', name: 'Shop back end', state: 'active', created_at: ago(200), last_used_at: ago(0.01), replaced_by: '6', expires_at: ago(-1), signature: 'optional', can_sign: true },
      { ...key, id: '6', name: 'Shop back end', state: 'active', created_at: ago(0.5), signature: 'required', can_sign: true, replaces: '5' },
      { ...key, id: '2', name: 'Old shop', state: 'revoked', created_at: ago(290), revoked_at: ago(190), signature: 'optional', can_sign: false },
    ]
    this.goals = [
      { id: '12', name: 'Order placed', match: { kind: 'sale', min_amount: '20.00' } },
      { id: '13', name: 'Basket', match: { kind: 'page', path: '/cart' } },
      { id: '14', name: 'Newsletter', match: { kind: 'event', event_type: 'goal', name: 'signup', props: { list: 'weekly' } } },
    ]
    this.funnels = [{ id: '4', name: 'Basket to order', steps: [{ goal_id: '13' }, { goal_id: '12' }], window_hours: 24, strict: false }]
  }

  /** changedByJon is what somebody else does at the same time. */
  changedByJon(change: Body): void {
    this.team().done('site.changed', { before: { site_id: 1, name: this.settings['name'] }, after: { site_id: 1, ...change } }, '42')
    Object.assign(this.settings, change)
    this.version++
  }

  /** keyRenamedByJon is likewise. */
  keyRenamedByJon(id: string, name: string): void {
    this.team().done('server_key.changed', { before: { key_id: id }, after: { key_id: id, name } }, '42')
    for (const k of this.keys) if (k['id'] === id) k['name'] = name
  }

  answer(method: string, rest: string, body: Body, tag: string | undefined): Answer {
    const event = this.events.answer(method, rest, body)
    if (event) return event
    const [, noun = '', id = ''] = /^\/([a-z-]+)(?:\/(\d+))?/.exec(rest) ?? []
    if (noun === 'partners') return this.partners.answer(method, id, body)
    if (rest === '') return this.own(method, body, tag)
    if (noun === 'archive' || noun === 'unarchive' || noun === 'restore') return this.move(noun)
    if (noun === 'installation') return { status: 200, body: this.installation() }
    if (noun === 'server-keys') return this.ofKeys(method, id, rest, body, tag)
    const all = noun === 'goals' ? this.goals : noun === 'funnels' ? this.funnels : null
    return all ? this.ofDefinitions(all, noun, method, id, body) : fault(404, 'not_found', 'There is nothing here.')
  }

  private view(): Answer {
    return { status: 200, body: this.settings, headers: { ETag: `"s ${this.version}"` } }
  }

  private own(method: string, body: Body, tag: string | undefined): Answer {
    if (method === 'GET') return this.view()
    if (method === 'DELETE') return this.move('delete')
    if (tag !== `"s ${this.version}"`) return fault(412, 'changed_meanwhile', 'Somebody changed this meanwhile; read it again.')
    if ((body['hostnames'] as string[] | undefined)?.some((h) => h.includes(' '))) return { status: 422, body: { code: 'invalid_request', detail: 'The site is not as it has to be.', errors: [{ path: 'hostnames[0]', message: '“a b” is no host name.' }] } }
    if (body['time_zone'] && body['time_zone'] !== this.settings['time_zone'] && !body['rebuild']) return fault(409, 'confirmation_needed', 'Every day of the site’s history would be cut anew. Send rebuild: true if that is meant.', 'rebuild')
    Object.assign(this.settings, body)
    this.version++
    return this.view()
  }

  private move(how: string): Answer {
    this.settings['state'] = how === 'archive' ? 'archived' : how === 'delete' ? 'deleted' : 'active'
    if (how === 'delete') this.settings['erase_after'] = new Date(this.now().getTime() + 7 * DAY_MS).toISOString()
    if (how === 'archive') this.settings['archived_at'] = this.now().toISOString()
    return this.view()
  }

  private installation(): Body {
    const at = new Date(this.now().getTime() - 60_000).toISOString()
    const reason = { code: 'host_not_allowed', door: 'browser', host: 'www.shop.noctra.example', count: 12, last_at: at, current: true, fault: true }
    return {
      state: 'partly', since: new Date(this.now().getTime() - DAY_MS).toISOString(), accepted: 12_480, refused: 12, last_event_at: at,
      reasons: [{ ...reason, message: '12 events in the last 24 hours came from www.shop.noctra.example, which is not one of the site’s host names.', action: 'Add www.shop.noctra.example to the site’s host names, or take the snippet off its pages.' }],
      hosts: [{ host: 'shop.noctra.example', allowed: true, accepted: 12_480, refused: 0, last_at: at }, { host: 'www.shop.noctra.example', allowed: false, accepted: 0, refused: 12, last_at: at }],
    }
  }

  private ofKeys(method: string, id: string, rest: string, body: Body, have: string | undefined): Answer {
    const key = this.keys.find((k) => k['id'] === id)
    const tag = `"k ${String(key?.['name'])} ${String(key?.['signature'])}"`
    if (method === 'GET' && key) return { status: 200, body: key, headers: { ETag: tag } }
    if (method === 'GET') return { status: 200, body: { keys: this.keys } }
    if (method === 'PATCH' && key) return have !== tag ? fault(412, 'changed_meanwhile', 'Somebody has changed the key meanwhile; read it again.') : { status: 200, body: Object.assign(key, body) }
    if (method === 'DELETE' && key) return ((key['state'] = 'revoked'), ok)
    if (key && rest.endsWith('/rotate')) {
      key['replaced_by'] = '9'
      this.keys.unshift({ ...key, id: '9', replaced_by: '', replaces: id })
      return { status: 201, body: { id: '9', key: 'nsk_made-in-a-rotation', signing_secret: 'nss_made-in-a-rotation', replaces: id, old_expires_at: new Date(this.now().getTime() + DAY_MS).toISOString() } }
    }
    return { status: 201, body: { id: '8', key: 'nsk_made-just-now', signing_secret: 'nss_made-just-now' } }
  }

  private readonly apiKey: Body = { id: '31', name: 'Spreadsheet', state: 'active', workspace_id: '1', site_ids: ['1'], all_sites: false, scopes: ['reports', 'ingestion'], created_at: '2026-11-02T09:00:00Z' }

  /** ofAPIKeys has one key, which is changed and never gone. */
  ofAPIKeys(method: string, id: string, body: Body): Answer {
    if (method === 'GET' && id === '') return { status: 200, body: { keys: [this.apiKey] } }
    if (method === 'PATCH') Object.assign(this.apiKey, body)
    return { status: 200, body: this.apiKey, headers: { ETag: '"a"' } }
  }

  private ofDefinitions(all: Body[], noun: string, method: string, id: string, body: Body): Answer {
    const found = all.find((g) => g['id'] === id)
    if (method === 'GET') return found ? { status: 200, body: found, headers: { ETag: '"g"' } } : { status: 200, body: { [noun]: all } }
    if (method === 'DELETE') return (all.splice(all.indexOf(found!), 1), ok)
    const path = (body['match'] as Body | undefined)?.['path']
    if (typeof path === 'string' && !path.startsWith('/')) return fault(422, 'invalid_request', 'A path begins with a slash.', 'match.path')
    if (method === 'PATCH' && found) return { status: 200, body: Object.assign(found, body) }
    const made = { id: String(20 + all.length), ...body }
    all.push(made)
    return { status: 201, body: made }
  }
}
