// The stand-in for conversions: twelve of the first site, one of each kind that matters, and what they add up to.
import { fault, type Answer } from './account'
import { chains, wayOf } from './conversionWays'

type Body = Record<string, unknown>

export interface Kind {
  state: string
  reason?: string
  words?: string
  class?: string
  /** level is the furthest that it has come. */
  level: string
  order: string
  value: string
  google?: string
  campaign?: string
  click?: string
  /** hours from the click to the sale. */
  span: number
}

const kinds: readonly Kind[] = [
  { state: 'accepted', level: 'accepted', order: '104882', value: '129.90', google: '129.90', campaign: 'Autumn DE · trail shoes', click: 'gclid', span: 3.2 },
  { state: 'restated', level: 'accepted', order: '104879', value: '129.90', google: '64.95', campaign: 'Autumn DE · trail shoes', click: 'gclid', span: 26 },
  { state: 'received', reason: 'not_final', words: 'Google has it and has not said its final answer', class: 'later', level: 'received', order: '104871', value: '89.00', campaign: 'Autumn FR · iOS', click: 'gbraid', span: 0.7 },
  { state: 'rejected', reason: 'CLICK_TOO_OLD', words: 'The click is older than Google takes', class: 'dead', level: 'received', order: '104866', value: '210.00', campaign: 'Brand PT', click: 'gclid', span: 2208 },
  { state: 'held', reason: 'consent_denied', words: 'Consent for ads was denied', class: 'gate', level: 'attributed', order: '104860', value: '45.50', campaign: 'Autumn DE · socks', click: 'gclid', span: 2.1 },
  { state: 'waiting', reason: 'new_action', words: 'Google takes nothing for a new action in its first hours', class: 'later', level: 'attributed', order: '104858', value: '58.00', campaign: 'Autumn FR · iOS', click: 'wbraid', span: 0.2 },
  { state: 'waiting', reason: 'review', words: 'A person has to approve it', class: 'customer', level: 'attributed', order: '104855', value: '1990.00', campaign: 'Brand DE', click: 'gclid', span: 52 },
  { state: 'waiting', reason: 'review', words: 'A person has to approve it', class: 'customer', level: 'attributed', order: '104853', value: '75.00', campaign: 'Brand DE', click: 'gclid', span: 8 },
  { state: 'accepted', level: 'accepted', order: '104851', value: '129.90', google: '129.90', campaign: 'Brand DE', click: 'gclid', span: 52 },
  { state: 'held', reason: 'no_click', words: 'No ad click is known for it', class: 'gate', level: 'tracked', order: '104849', value: '19.00', span: 0 },
  { state: 'none', reason: 'undecided', words: 'It has come in, and it was not decided yet what is sent', class: 'later', level: 'attributed', order: '104841', value: '99.00', campaign: 'Brand DE', click: 'gclid', span: 3 },
  { state: 'none', reason: 'no_action', words: 'No conversion action is chosen for it', class: 'gate', level: 'tracked', order: '104832', value: '25.00', span: 0 },
]

/** MockConversions is what the site has; none of them where it is new. */
export class MockConversions {
  readonly all: Body[]
  /** destinations are where they go to. */
  destinations: Body = { connected: true, destinations: [{ connection_id: '2', customer_id: '2000000002', customer_name: 'Acme Shop', transport: 'data_manager', state: 'active', actions: ['Purchase'] }] }

  constructor(private readonly now: () => Date) {
    this.all = kinds.map((k, i) => this.make(k, i))
  }

  private make(k: Kind, i: number): Body {
    const sold = this.now().getTime() - (i + 1) * 1_400_000
    if (k.state === 'none') {
      return {
        id: '', sale_id: String(700 - i), workspace_id: '1', site_id: '1', event_id: `0192f0c1-7c3a-7000-8000-0000000${10_000 + i}`, order_id: k.order, transaction_id: '', action_id: '', action_name: '', mapping_id: '', connection_id: '', state: 'none', display_state: 'none',
        reason: k.reason, reason_words: k.words, reason_class: k.class, state_at: new Date(sold).toISOString(), attempts: 0, sale_value: k.value, sale_currency: 'EUR', value: undefined, click_kind: k.click, click_id: k.click && 'CjKC…x7wE', campaign: k.campaign,
        clicked_at: k.click && new Date(sold - k.span * 3_600_000).toISOString(), seconds_from_click: k.click && k.span * 3600, sold_at: new Date(sold).toISOString(), adjustments: 0, level: k.level,
      }
    }
    return {
      id: String(900 - i), sale_id: String(700 - i), workspace_id: '1', site_id: '1', event_id: `0192f0c1-7c3a-7000-8000-0000000${10_000 + i}`, order_id: k.order, transaction_id: `o-${k.order}`, action_id: '7031122334', action_name: 'Purchase',
      mapping_id: '4', connection_id: '2', state: k.state === 'restated' ? 'accepted' : k.state, display_state: k.state, reason: k.reason, reason_words: k.words, reason_class: k.class, state_at: new Date(sold + 120_000).toISOString(),
      next_at: k.class === 'later' ? new Date(this.now().getTime() + 3_600_000).toISOString() : undefined, attempts: ['attributed', 'tracked'].includes(k.level) ? 0 : 1, value: k.value, currency: 'EUR', google_value: k.google, google_currency: k.google && 'EUR',
      sale_value: k.value, sale_currency: 'EUR', click_kind: k.click, click_id: k.click && 'CjKC…x7wE', clicked_at: k.click && new Date(sold - k.span * 3_600_000).toISOString(), seconds_from_click: k.click && k.span * 3600,
      campaign: k.campaign, sold_at: new Date(sold).toISOString(), adjustments: k.state === 'restated' ? 1 : 0, level: k.level,
    }
  }

  answer(method: string, path: string, q: URLSearchParams, body: Body): Answer {
    if (method === 'GET' && path === '') return { status: 200, body: { conversions: this.chosen(q) } }
    if (path === '/counts') return { status: 200, body: this.counts(q) }
    if (path === '/destinations') return { status: 200, body: this.destinations }
    const ids = body['conversion_ids'] as string[] | undefined
    if (method === 'POST' && ids) return path === '/preview' ? this.preview(ids) : this.say(path.slice(1), ids)
    const one = this.all.find((c) => `/${String(c['id'])}` === path)
    return one ? { status: 200, body: wayOf(one) } : fault(404, 'not_found', 'There is no such conversion, or it is not yours.')
  }

  /** sale is what GET /api/v1/sales/ID answers. */
  sale(id: string): Answer {
    const one = this.all.find((c) => c['sale_id'] === id)
    if (!one) return fault(404, 'not_found', 'There is no such sale, or it is not yours.')
    const made = one['state'] !== 'none'
    const { click, sale } = wayOf(one)
    return { status: 200, body: { ...one, ...(made ? { reason: undefined, reason_words: undefined } : {}), click, sale, conversion_ids: made ? [one['id']] : [] } }
  }

  private counts(q: URLSearchParams): Body {
    const of = (change: Record<string, string>) => {
      const asked = new URLSearchParams(q)
      for (const [name, value] of Object.entries(change)) value ? asked.set(name, value) : asked.delete(name)
      return { count: this.chosen(asked).length, more: false }
    }
    const parts: Record<string, Body> = { all: of({}), needs_person: of({ state: '', needs: 'person', include: '' }), held: of({ state: 'held' }), open: of({ state: 'waiting,ready,sending,received,unknown' }), none: of({ state: 'none' }) }
    const named = q.get('part')?.split(',') ?? Object.keys(parts)
    return Object.fromEntries(Object.entries(parts).filter(([name]) => named.includes(name)))
  }

  /** sums are what GET /api/v1/reconciliation answers. */
  sums(): Answer {
    return { status: 200, body: { total: chains(this.all) } }
  }

  private chosen(q: URLSearchParams): Body[] {
    const states = q.get('state')?.split(',')
    const search = q.get('search')
    return this.all.filter(
      (c) =>
        (states ? states.includes(String(c['display_state'])) : c['state'] !== 'none' || q.get('include') === 'sales') &&
        (!q.get('action_id') || c['action_id'] === q.get('action_id')) &&
        (!q.get('click_kind') || (c['click_kind'] ?? 'none') === q.get('click_kind')) &&
        (!q.get('reason') || c['reason'] === q.get('reason')) &&
        (!q.get('campaign') || c['campaign'] === q.get('campaign')) &&
        (q.get('needs') !== 'person' || c['reason_class'] === 'customer') &&
        (!search || [c['order_id'], c['event_id'], c['transaction_id']].includes(search)),
    )
  }

  private preview(ids: string[]): Answer {
    const of = (c: Body) => ({
      id: c['id'], state: c['state'], transport: 'data_manager', customer_id: '2000000002',
      payload: { action_id: c['action_id'], transaction_id: c['transaction_id'], occurred_at: c['sold_at'], value: c['value'], currency: 'EUR', click_kind: c['click_kind'], click_id: c['click_id'], email_hash: '509e…fd8a', consent_ad_user_data: 'granted', consent_ad_personalization: 'granted' },
    })
    return { status: 200, body: { conversions: this.all.filter((c) => ids.includes(String(c['id']))).map(of) } }
  }

  private say(word: string, ids: string[]): Answer {
    const fits = (c: Body) => (word === 'approve' ? c['reason'] === 'review' || c['reason'] === 'declined' : word === 'retry' ? c['state'] === 'rejected' : c['attempts'] === 0 && c['reason'] !== 'declined')
    const of = this.all.filter((c) => ids.includes(String(c['id'])))
    const skipped = of.filter((c) => !fits(c)).map((c) => ({ id: c['id'], state: c['state'], reason_words: c['reason_words'] }))
    const changed = of.filter(fits)
    for (const c of changed) Object.assign(c, word === 'decline' ? { state: 'held', display_state: 'held', reason: 'declined', reason_words: 'A person declined it', reason_class: 'gate' } : { state: 'ready', display_state: 'ready', reason: undefined, reason_words: undefined, reason_class: undefined, level: 'eligible' })
    return { status: 200, body: { changed: changed.length, skipped } }
  }
}
