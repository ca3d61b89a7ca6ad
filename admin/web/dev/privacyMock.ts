// The stand-in for the rights of the people in the data: erasures, corrections, copies, retention. An
// erasure that was asked for is at its second step, and done when it is asked for the third time.
import { fault, type Answer } from './account'

type Body = Record<string, unknown>

const MINUTE_MS = 60_000
const DAY_MS = 1440 * MINUTE_MS
const OWN = '41'

/** Copies are those of a workspace or an account. */
export class MockCopies {
  readonly all: Body[] = []

  constructor(private readonly now: () => Date, some: boolean) {
    const at = (days: number) => new Date(now().getTime() + days * DAY_MS).toISOString()
    if (some) this.all.push({ id: '12', state: 'ready', account_id: OWN, size: 1_048_576, created_at: at(-2), ended_at: at(-2), expires_at: at(5) }, { id: '9', state: 'failed', account_id: '42', reason: 'events_unavailable', reason_words: 'The events could not be read: ClickHouse did not answer, or gave up. Ask for the copy again.', created_at: at(-20), ended_at: at(-20) })
  }

  /** answer is null for what is not about copies; rest is what stands behind the owner's address. */
  answer(method: string, rest: string): Answer | null {
    if (method === 'POST' && /^\/exports?$/.test(rest)) return this.make()
    const [, id, link] = /^\/exports(?:\/(\d+)(\/link)?)?$/.exec(rest) ?? []
    if (!rest.startsWith('/exports')) return null
    if (id === undefined) return { status: 200, body: { exports: this.all } }
    const found = this.all.findIndex((c) => c['id'] === id)
    if (found < 0) return fault(404, 'not_found', 'There is no such copy, or it is not yours.')
    if (link) return { status: 200, body: { url: '/api/v1/exports/file?token=x', expires_at: this.now().toISOString() } }
    this.all.splice(found, 1)
    return { status: 204 }
  }

  private make(): Answer {
    if (this.all.some((c) => c['state'] === 'waiting')) return fault(409, 'conflict', 'A copy is being made already; wait until it is ready.')
    this.all.unshift({ id: String(13 + this.all.length), state: 'waiting', account_id: OWN, created_at: this.now().toISOString() })
    return { status: 201, body: this.all[0] }
  }
}

export class MockErasures {
  private readonly all: Body[]
  private asked = 0

  constructor(private readonly now: () => Date) {
    const ago = (minutes: number) => new Date(now().getTime() - minutes * MINUTE_MS).toISOString()
    const common = { workspace_id: '1', requested_by: OWN }
    this.all = [
      { ...common, id: '3', scope: 'site', site_ids: ['7'], state: 'done', step: 'done', state_at: ago(90_000), requested_by: '', requested_at: ago(90_010), done_at: ago(90_000), receipt: { found: [] } },
      { ...common, id: '5', scope: 'visitor', subject_kind: 'email', site_ids: ['1', '2'], state: 'done', step: 'done', state_at: ago(2880), requested_at: ago(2882), done_at: ago(2880), watched_until: ago(2880 - 31 * 1440), receipt: receipt(ago) },
      { ...common, id: '6', scope: 'visitor', subject_kind: 'user_id', site_ids: ['1'], state: 'failed', step: 'erasing', state_at: ago(9), requested_by: '42', requested_at: ago(10), problem: 'A database does not answer; the log has more.', next_try_at: ago(-2), receipt: { found: [], kept_out_at: ago(9) } },
    ]
  }

  answer(method: string, id: string, body: Body): Answer {
    if (method === 'POST' && id === 'preview') return preview(body)
    if (method === 'POST') return this.make(body)
    if (id === '') return { status: 200, body: { erasures: this.all } }
    const found = this.all.find((e) => e['id'] === id)
    if (!found) return fault(404, 'not_found', 'There is no such erasure, or it is not yours.')
    if (id === '8' && ++this.asked > 1) Object.assign(found, { state: 'done', step: 'done', done_at: this.now().toISOString(), receipt: receipt(() => this.now().toISOString()) })
    return { status: 200, body: found }
  }

  private make(body: Body): Answer {
    const [kind = '', name] = Object.entries(body['subject'] as Body)[0] ?? []
    if (name === 'open') return fault(409, 'conflict', 'It is being erased already.')
    const at = this.now().toISOString()
    const made = { id: '8', workspace_id: body['workspace_id'], scope: 'visitor', subject_kind: kind, site_ids: body['site_id'] ? [body['site_id']] : ['1', '2'], state: 'requested', step: 'requested', state_at: at, requested_by: OWN, requested_at: at, receipt: { found: [] } }
    this.all.push(made)
    return { status: 201, body: made }
  }
}

function preview(body: Body): Answer {
  const name = Object.values(body['subject'] as Body)[0]
  if (name === 'slow') return fault(422, 'query_too_expensive', 'This takes too long; ask for less.')
  const books = [{ store: 'postgres', table: 'sales', site_id: '1', rows: 1 }, { store: 'postgres', table: 'clicks', site_id: '1', rows: 100_000, more: true }]
  const found = name === 'nobody' ? [] : [{ store: 'clickhouse', table: 'events', site_id: '1', rows: 412, bytes: 183_040 }, { store: 'clickhouse', table: 'visits', site_id: '1', rows: 38 }, ...books]
  return { status: 200, body: { scope: 'visitor', found } }
}

const receipt = (ago: (minutes: number) => string): Body => ({
  subject: [{ site_id: '1', hash: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08' }, { site_id: '2', hash: '60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752' }],
  kept_out_at: ago(2881.9),
  found: [
    { store: 'clickhouse', table: 'events', rows: 412, bytes: 183_040 },
    { store: 'clickhouse', table: 'visits', rows: 38 },
    { store: 'postgres', table: 'sales', rows: 3 },
  ],
  hidden_at: ago(2881.8),
  checked_at: ago(2880.5),
  later: [{ at: ago(1440), rows: 2 }],
  waits: [{ store: 'kafka', what: 'noctra.events', gone_by: ago(-12 * 1440) }, { store: 'collector', what: 'spool, of a machine that was cut off', gone_by: ago(-29 * 1440) }, { store: 'clickhouse', what: 'files of parts that were rewritten', gone_by: ago(2870) }],
  looked_again: ago(42),
})

export class MockEvents {
  private readonly corrections: Body[]

  constructor(private readonly now: () => Date) {
    const ago = (minutes: number) => new Date(now().getTime() - minutes * MINUTE_MS).toISOString()
    this.corrections = [
      { id: '4', site_id: '1', event_id: '0199d6f0-7a3c-7c41-b5d0-3d3a7f0f6c11', occurred_at: ago(4000), reason: 'The shop sent the price without tax.', before: { amount: 41_930_000, order_id: 'A-1043' }, after: { amount: 49_900_000, order_id: 'A-1044' }, account_id: '42', state: 'done', created_at: ago(300), done_at: ago(299) },
      { id: '2', site_id: '1', event_id: '0199c1aa-0a11-7e02-9d55-1f3b2c4d5e6f', occurred_at: ago(40_000), reason: 'A name stood in the address.', before: { path: '/orders/jane-miller', title: 'Order of Jane Miller' }, after: { path: '/orders/1', title: '' }, account_id: OWN, state: 'done', created_at: ago(30_000), done_at: ago(29_999) },
    ]
  }

  /** answer is null for what is neither corrections nor retention. */
  answer(method: string, rest: string, body: Body): Answer | null {
    if (rest.startsWith('/retention-log')) return { status: 200, body: { entries: this.log() } }
    if (rest.startsWith('/events/find')) return this.find(body)
    const [, event] = /^(?:\/events\/([^/]+))?\/corrections/.exec(rest) ?? []
    if (!/^(\/events\/[^/]+)?\/corrections/.test(rest)) return null
    if (method === 'GET') return { status: 200, body: { corrections: this.corrections.filter((c) => event === undefined || c['event_id'] === event) } }
    return this.correct(event ?? '', body)
  }

  private find(body: Body): Answer {
    if (body['order_id'] === 'none') return { status: 200, body: { events: [], more: false } }
    const at = new Date(this.now().getTime() - 90 * MINUTE_MS).toISOString()
    const events = [
      { event_id: '0199d6f0-7a3c-7c41-b5d0-3d3a7f0f6c77', kind: 'sale', occurred_at: at, hostname: 'shop.acme.example', path: '/checkout/thanks', order_id: 'A-1050', amount: '41.93', currency: 'EUR' },
      { event_id: '0199d6f0-7a3c-7c41-b5d0-3d3a7f0f6c11', kind: 'pageview', occurred_at: at, hostname: 'shop.acme.example', path: '/orders/jane-miller', title: 'Order of Jane Miller', corrected: true },
      { event_id: 'e-12', kind: 'goal', name: 'newsletter', occurred_at: at, hostname: 'shop.acme.example', path: '/' },
    ]
    return { status: 200, body: { events: body['order_id'] ? events.slice(0, 1) : events, more: body['day'] !== undefined && !body['order_id'] } }
  }

  private correct(event: string, { reason, ...values }: Body): Answer {
    if (event === 'none') return fault(404, 'not_found', 'The site has no such event, or it was deleted.')
    if (values['currency'] === 'XX') return fault(422, 'invalid_request', 'This is no currency of ISO 4217.', 'currency')
    const at = this.now().toISOString()
    const after: Body = { ...values, ...(typeof values['amount'] === 'string' ? { amount: Number(values['amount']) * 1e6 } : {}) }
    const made = { id: String(5 + this.corrections.length), site_id: '1', event_id: event, occurred_at: at, reason, before: Object.fromEntries(Object.keys(after).map((k) => [k, k === 'amount' ? 1_000_000 : ''])), after, account_id: OWN, state: 'applying', created_at: at }
    this.corrections.unshift(made)
    return { status: 201, body: made }
  }

  private log(): Body[] {
    const ago = (days: number, seconds = 0) => new Date(this.now().getTime() - days * DAY_MS + seconds * 1000).toISOString()
    const of = (table: string, rows: number, days: number) => ({ id: `${days}-${table}`, table, before: ago(395 + days).slice(0, 10), rows_found: rows, rows_left: days === 0 ? null : 0, begun_at: ago(days), checked_at: days === 0 ? null : ago(days, 9) })
    return [of('events', 12_043, 0), of('touched', 24, 1), of('events', 120_431, 1), of('events', 98_220, 2)]
  }
}
