// The development server's API: a hand-written stand-in for the admin service, for working
// on the pages and for their tests. Never part of the build.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { addDays, zoned, type ZonedTime } from '../src/range/date'
import { look, MockAccount, type Answer } from './account'
import { checks, models, trial } from './attributionMock'
import { busyMinutes, firstMinutes, liveAnswer, noMinutes } from './live'
import { MockConversions } from './conversionsMock'
import { MockGoogle } from './googleMock'
import { firstVisit, makeVisits, type Visit } from './model'
import { answer, WEIGHT } from './query'
import { MockErasures } from './privacyMock'
import { MockSite } from './siteMock'
import { MockTeam } from './team'

/**
 * first is a site with its very first visit, a moment ago; young has today's visits alone, quiet none of late.
 * no-site is a new account, leaving one that will be deleted.
 */
export type Mode = 'normal' | 'empty' | 'first' | 'young' | 'error' | 'slow' | 'hostile' | 'quiet' | 'signed-out' | 'one-error' | 'no-types' | 'no-site' | 'leaving'

export interface Mock {
  mode: Mode
  handle: (req: IncomingMessage, res: ServerResponse) => boolean
  /** restart changes the mode, and forgets what was done to the account. */
  restart: (mode: Mode) => void
  /** hit is one more pageview of a page: in the figures of today, and pushed at once. */
  hit: (page: string) => void
  /** drop ends all live connections, as a restart of the service would. */
  drop: () => void
  queries: unknown[]
  /** team is what the workspaces have, for what somebody else does meanwhile. */
  readonly team: MockTeam
  /** site is what the first site has, likewise. */
  readonly site: MockSite
  /** conversions are those of the first site. */
  readonly conversions: MockConversions
}

const ACCOUNT = '/api/v1/account'
const INVITATIONS = '/api/v1/invitations'
const WORKSPACES = '/api/v1/workspaces'
const API_KEYS = '/api/v1/api-keys'
const CONVERSIONS = '/api/v1/conversions'
const SALES = '/api/v1/sales/'
const ERASURES = '/api/v1/erasures'
const ZONE = 'Europe/Berlin'
const QUIET_DAYS = 70
const SITES: { id: number; workspace_id: string; name: string; hostname: string; public_key: string; currency: string }[] = [
  { id: 1, workspace_id: '1', name: 'Acme Shop', hostname: 'shop.noctra.example', public_key: 'nst_7fQ2vLr9TzKd3xWm5aBc', currency: 'EUR' },
  { id: 2, workspace_id: '1', name: 'Acme Journal', hostname: 'journal.noctra.example', public_key: 'nst_Jx81mPq4RsYt6vNb2cDe', currency: 'CHF' },
]

export function createMock(options: { mode?: Mode; now?: () => Date; slowMs?: number } = {}): Mock {
  const now = options.now ?? (() => new Date())
  const clock = (): ZonedTime => zoned(now(), ZONE)
  const streams = new Set<ServerResponse>()
  const made = new Map<boolean, Visit[]>()
  const extra: Visit[] = []
  const visits = (mode: Mode) => {
    const hostile = mode === 'hostile'
    if (!made.has(hostile)) made.set(hostile, makeVisits(clock(), hostile))
    const all = [...(made.get(hostile) ?? []), ...extra]
    if (mode === 'first') return [firstVisit(clock()), ...extra]
    const today = clock().date
    if (mode === 'quiet') return all.filter((v) => v.date < addDays(today, -QUIET_DAYS))
    return mode === 'young' ? all.filter((v) => v.date === today) : all
  }
  let account = new MockAccount(now)
  let team = new MockTeam(now)
  let erasures = new MockErasures(now)
  let conversions = new MockConversions(now)
  let google = new MockGoogle(now)
  let added: object[] = []
  let site = new MockSite(withSnippet(SITES[0]!), now, () => team)
  const waiting = () => mock.mode === 'empty' && extra.length === 0

  const mock: Mock = {
    mode: options.mode ?? 'normal',
    queries: [],
    get team() {
      return team
    },
    get conversions() {
      return conversions
    },
    get site() {
      return site
    },
    hit: (page) => {
      const t = clock()
      const like = visits('normal')[0]!
      extra.push({ ...like, date: t.date, minute: t.hour * 60 + t.minute, visitor: -1 - extra.length, pages: [page], goals: [], saleMicros: 0, seconds: 0, at: { ...like.at, 'visit:entry_page': page, 'visit:exit_page': page } })
      for (const stream of streams) send(stream, live())
    },
    restart: (mode) => {
      mock.mode = mode
      account = new MockAccount(now)
      team = new MockTeam(now)
      erasures = new MockErasures(now)
      conversions = new MockConversions(now)
      google = new MockGoogle(now)
      added = []
      site = new MockSite(withSnippet(SITES[0]!), now, () => team)
      if (mode === 'leaving') account.leave()
    },
    drop: () => {
      for (const stream of streams) stream.destroy()
    },
    handle: (req, res) => {
      const path = new URL(req.url ?? '/', 'http://mock').pathname
      if (!path.startsWith('/api/')) return false
      const delay = mock.mode === 'slow' && path !== '/api/v1/me' ? (options.slowMs ?? 2500) : 0
      setTimeout(() => route(path, req, res), delay)
      return true
    },
  }

  const live = () => {
    const counts = mock.mode === 'first' ? firstMinutes : waiting() || mock.mode === 'quiet' ? noMinutes : busyMinutes()
    return liveAnswer(now(), { minutes: counts, hits: extra.length, hostile: mock.mode === 'hostile', before: mock.mode === 'quiet' })
  }

  const route = (path: string, req: IncomingMessage, res: ServerResponse) => {
    if (path.startsWith(ACCOUNT)) return void readBody(req).then((body) => own(path.slice(ACCOUNT.length), req.method ?? '', body, res), () => res.destroy())
    if (path === INVITATIONS + '/look') return void readBody(req).then((body) => give(res, look(JSON.parse(body) as { token: string })), () => res.destroy())
    if (path === INVITATIONS + '/join') {
      mock.mode = 'normal'
      return json(res, null)
    }
    if (mock.mode === 'signed-out') return problem(res, 401, 'signed_out', 'Sign in with your link.')
    if (path === '/api/v1/me') return json(res, { ...me(mock.mode === 'no-site' ? [] : [...SITES.slice(site.settings['state'] === 'active' ? 0 : 1), ...added], account.deleteAfter), workspaces: team.workspaces })
    if (path.startsWith(WORKSPACES)) return void readBody(req).then((body) => ofTeam(path.slice(WORKSPACES.length), req, body, res), () => res.destroy())
    if (path === INVITATIONS + '/accept') return json(res, null)
    if (path === '/api/v1/retention') return json(res, kept)
    if (path.startsWith(CONVERSIONS) || path.startsWith(SALES) || path === '/api/v1/reconciliation') return void readBody(req).then((body) => ofConversions(path, req, body, res), () => res.destroy())
    if (path.startsWith(ERASURES)) return void readBody(req).then((body) => ofErasures(path.slice(ERASURES.length + 1), req.method ?? '', body, res), () => res.destroy())
    if (path.startsWith(API_KEYS)) return void readBody(req).then((body) => give(res, site.ofAPIKeys(req.method ?? '', path.slice(API_KEYS.length + 1), (body ? JSON.parse(body) : {}) as Record<string, unknown>)), () => res.destroy())
    if (path === '/api/v1/sites' && req.method === 'GET') return json(res, { sites: site.settings['state'] === new URL(req.url ?? '/', 'http://mock').searchParams.get('state') ? [site.settings] : [] })
    if (path.endsWith('/conversion-checks')) return give(res, mock.mode === 'error' ? { status: 503, body: { code: 'postgres_unavailable', detail: 'Postgres does not answer.' } } : checks(now(), mock.mode === 'empty'))
    if (/^\/api\/v1\/sites\/[^/]+\/(attribution|trial)$/.test(path)) return give(res, mock.mode === 'error' ? { status: 503, body: { code: 'postgres_unavailable', detail: 'Postgres does not answer.' } } : path.endsWith('/trial') ? trial(now(), true) : models())
    const rest = /^\/api\/v1\/sites\/nst_7fQ2vLr9TzKd3xWm5aBc((?!\/(?:freshness|live)).*)$/.exec(path)?.[1]
    if (rest !== undefined) return void readBody(req).then((body) => give(res, site.answer(req.method ?? '', rest, (body ? JSON.parse(body) : {}) as Record<string, unknown>, req.headers['if-match'])), () => res.destroy())
    if (path === '/api/v1/sites') return void readBody(req).then((body) => json(res, addSite(JSON.parse(body) as NewSite)), () => res.destroy())
    if (path.endsWith('/freshness')) return json(res, { last_event_at: waiting() ? null : now().toISOString(), delay_ms: 1180 })
    if (path.endsWith('/live')) return openStream(res)
    if (path === '/api/v1/query') return void readBody(req).then((body) => query(body, res), () => res.destroy()) // a question that was taken back
    if (path === '/api/v1/sign-out') {
      mock.mode = 'signed-out'
      return json(res, null)
    }
    return problem(res, 404, 'not_found', 'There is nothing here.')
  }

  const own = (path: string, method: string, text: string, res: ServerResponse) => {
    const body = (text ? JSON.parse(text) : {}) as Record<string, unknown>
    const free = account.anybody(method, path, body)
    if (!free && mock.mode === 'signed-out') return problem(res, 401, 'signed_out', 'Sign in.')
    if (!free && mock.mode === 'error') return problem(res, 503, 'postgres_unavailable', 'Postgres does not answer; ask again in a moment.')
    const answered = free ?? account.own(method, path, body)
    if (answered.enters) mock.mode = 'normal'
    give(res, answered)
  }

  const ofTeam = (path: string, req: IncomingMessage, text: string, res: ServerResponse) => {
    if (mock.mode === 'error') return problem(res, 503, 'postgres_unavailable', 'Postgres does not answer; ask again in a moment.')
    const body = (text ? JSON.parse(text) : {}) as Record<string, unknown>
    const ofGoogle = google.answer(req.method ?? '', path.replace(/^\/\d+/, ''), body)
    give(res, ofGoogle ?? team.answer(req.method ?? '', path, new URL(req.url ?? '/', 'http://mock').searchParams, body, req.headers['if-match']))
  }

  const ofErasures = (id: string, method: string, text: string, res: ServerResponse) => {
    if (mock.mode === 'error') return problem(res, 503, 'postgres_unavailable', 'Postgres does not answer; ask again in a moment.')
    give(res, erasures.answer(method, id, (text ? JSON.parse(text) : {}) as Record<string, unknown>))
  }

  const ofConversions = (path: string, req: IncomingMessage, text: string, res: ServerResponse) => {
    if (mock.mode === 'error') return problem(res, 503, 'postgres_unavailable', 'Postgres does not answer; ask again in a moment.')
    if (waiting()) conversions.all.length = 0
    const body = (text ? JSON.parse(text) : {}) as Record<string, unknown>
    if (path.startsWith(SALES)) return give(res, conversions.sale(path.slice(SALES.length)))
    give(res, path.startsWith(CONVERSIONS) ? conversions.answer(req.method ?? '', path.slice(CONVERSIONS.length), new URL(req.url ?? '/', 'http://mock').searchParams, body) : conversions.sums())
  }

  const addSite = (asked: NewSite): object => {
    if (mock.mode === 'no-site') {
      mock.mode = 'empty'
      return withSnippet(SITES[0]!)
    }
    const made = { id: 3 + added.length, workspace_id: asked.workspace_id, name: asked.name, hostname: asked.hostnames[0]!, public_key: `nst_New${added.length}81mPq4RsYt6vNb2c`, currency: asked.currency }
    added.push(made)
    return withSnippet(made)
  }

  const query = (body: string, res: ServerResponse) => {
    const asked = JSON.parse(body) as Parameters<typeof answer>[1]
    mock.queries.push(asked)
    const failing = mock.mode === 'error' || (mock.mode === 'one-error' && asked.dimensions?.[0] === 'visit:country')
    if (failing) return problem(res, 503, 'clickhouse_unavailable', 'ClickHouse does not answer. Events are still collected; nothing is lost.')
    if (mock.mode === 'no-types' && asked.dimensions?.[0] === 'event:type') return problem(res, 400, 'invalid_query', 'dimensions[0]: unknown')
    json(res, answer(waiting() ? [] : visits(mock.mode), asked, mock.mode === 'first' ? 1 : WEIGHT))
  }

  const openStream = (res: ServerResponse) => {
    res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
    send(res, live())
    streams.add(res)
    res.on('close', () => streams.delete(res))
  }
  mock.restart(mock.mode)
  return mock
}

const kept = {
  places: [
    { store: 'clickhouse', name: 'events', holds: 'Events of visitors, with a pseudonym.', about: 'visitors', kept: 'As each site has set it.' },
    { store: 'postgres', name: 'sessions', holds: 'Sign-ins, with address and browser.', about: 'account_holders', kept: '30 days after the sign-in at most.' },
    { store: 'kafka', name: 'noctra.events', holds: 'Events on their way.', about: 'visitors', kept: '7 days.' },
    { store: 'clickhouse', name: 'visits', holds: 'Visits, made of the events of a day.', about: 'visitors', kept: 'As each site has set it.' },
    { store: 'postgres', name: 'sales', holds: 'Sales that may be due to an ad click.', about: 'visitors', kept: 'As long as the site keeps its events.' },
    { store: 'postgres', name: 'goals', holds: 'Goals of sites.', about: 'nobody', kept: 'As long as the site.' },
  ],
  sites: [
    { site_id: '1', workspace_id: '1', name: 'Acme Shop', retention_raw_days: 395, retention_aggregates_days: null },
    { site_id: '2', workspace_id: '1', name: 'Acme Journal', retention_raw_days: null, retention_aggregates_days: null },
  ],
}

interface NewSite {
  workspace_id: string
  name: string
  hostnames: string[]
  currency: string
}

const withSnippet = (s: object) => ({
  ...s,
  time_zone: ZONE,
  identity_mode: 'cookieless',
  snippet: `<script defer src="https://collect.noctra.example/n.js" data-site="${(s as { public_key: string }).public_key}"></script>`,
})

function me(sites: object[], deleteAfter: unknown): object {
  return { account: { name: 'Mara Lindt', email: 'mara@acme.example', delete_after: deleteAfter }, sites: sites.map(withSnippet) }
}

function send(res: ServerResponse, data: unknown): void {
  res.write(`event: live\ndata: ${JSON.stringify(data)}\n\n`)
}

function json(res: ServerResponse, body: unknown): void {
  res.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
  res.end(JSON.stringify(body))
}

function give(res: ServerResponse, { status, body, headers = {} }: Answer): void {
  res.writeHead(status, { 'Content-Type': status < 400 ? 'application/json' : 'application/problem+json', ...headers })
  res.end(body === undefined ? undefined : JSON.stringify(body))
}

function problem(res: ServerResponse, status: number, code: string, detail: string): void {
  res.writeHead(status, { 'Content-Type': 'application/problem+json' })
  res.end(JSON.stringify({ type: 'about:blank', title: 'Problem', status, code, detail }))
}

async function readBody(req: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of req) parts.push(part as Buffer)
  return Buffer.concat(parts).toString('utf8')
}
