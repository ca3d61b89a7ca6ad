// The development server's API: a hand-written stand-in for the admin service, for working
// on the pages and for their tests. Never part of the build.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { zoned, type ZonedTime } from '../src/range/date'
import { makeVisits, random, type Visit } from './model'
import { answer } from './query'

export type Mode = 'normal' | 'empty' | 'error' | 'slow' | 'hostile' | 'quiet' | 'signed-out' | 'one-error'

export interface Mock {
  mode: Mode
  handle: (req: IncomingMessage, res: ServerResponse) => boolean
  /** hit is one more pageview of a page: in the figures of today, and pushed at once. */
  hit: (page: string) => void
  /** drop ends all live connections, as a restart of the service would. */
  drop: () => void
  queries: unknown[]
}

const ZONE = 'Europe/Berlin'
const SITES = [
  { id: 1, name: 'Acme Shop', hostname: 'shop.noctra.example', public_key: 'nst_7fQ2vLr9TzKd3xWm5aBc', currency: 'EUR' },
  { id: 2, name: 'Acme Journal', hostname: 'journal.noctra.example', public_key: 'nst_Jx81mPq4RsYt6vNb2cDe', currency: 'CHF' },
]

export function createMock(options: { mode?: Mode; now?: () => Date; slowMs?: number } = {}): Mock {
  const now = options.now ?? (() => new Date())
  const clock = (): ZonedTime => zoned(now(), ZONE)
  const streams = new Set<ServerResponse>()
  const made = new Map<boolean, Visit[]>()
  const extra: Visit[] = []
  const visits = (hostile: boolean) => {
    if (!made.has(hostile)) made.set(hostile, makeVisits(clock(), hostile))
    return [...(made.get(hostile) ?? []), ...extra]
  }
  const waiting = () => mock.mode === 'empty' && extra.length === 0

  const mock: Mock = {
    mode: options.mode ?? 'normal',
    queries: [],
    hit: (page) => {
      const t = clock()
      const like = visits(false)[0]!
      extra.push({ ...like, date: t.date, minute: t.hour * 60 + t.minute, visitor: -1 - extra.length, pages: [page], goals: [], saleMicros: 0, seconds: 0, at: { ...like.at, 'visit:entry_page': page, 'visit:exit_page': page } })
      for (const stream of streams) send(stream, live())
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
    const rand = random(42)
    const at = now()
    const hostile = mock.mode === 'hostile'
    const silent = waiting()
    const minutes = Array.from({ length: 30 }, (_, i) => {
      const pageviews = silent ? 0 : Math.floor(3 + rand() * 14 + Math.sin(i / 4) * 3) + (i === 29 ? extra.length : 0)
      return { minute: new Date(at.getTime() - (29 - i) * 60_000).toISOString(), pageviews, visitors: Math.ceil(pageviews * 0.6) }
    })
    const pages = [
      { page: hostile ? '/<img src=x onerror=alert(8)>' : '/products/trail-runner', visitors: 9 },
      { page: '/', visitors: 7 + extra.length },
      { page: '/sale', visitors: 4 },
      { page: '/checkout', visitors: 2 },
    ]
    return {
      at: at.toISOString(),
      visitors_now: silent ? 0 : 23 + extra.length,
      visitors_30m: silent ? 0 : 118 + extra.length,
      pageviews_30m: minutes.reduce((sum, m) => sum + m.pageviews, 0),
      minutes,
      pages: silent ? [] : pages,
      last_event_at: silent ? null : new Date(at.getTime() - 2000 + extra.length).toISOString(),
      delay_ms: silent ? null : 1180,
    }
  }

  const route = (path: string, req: IncomingMessage, res: ServerResponse) => {
    if (mock.mode === 'signed-out') return problem(res, 401, 'signed_out', 'Sign in with your link.')
    if (path === '/api/v1/me') return json(res, me())
    if (path.endsWith('/freshness')) return json(res, { last_event_at: waiting() ? null : now().toISOString(), delay_ms: 1180 })
    if (path.endsWith('/live')) return openStream(res)
    if (path === '/api/v1/query') return void readBody(req).then((body) => query(body, res))
    if (path === '/api/v1/sign-out') return json(res, null)
    return problem(res, 404, 'not_found', 'There is nothing here.')
  }

  const query = (body: string, res: ServerResponse) => {
    const asked = JSON.parse(body) as Parameters<typeof answer>[1]
    mock.queries.push(asked)
    const failing = mock.mode === 'error' || (mock.mode === 'one-error' && asked.dimensions?.[0] === 'visit:country')
    if (failing) return problem(res, 503, 'clickhouse_unavailable', 'ClickHouse does not answer. Events are still collected; nothing is lost.')
    const none = mock.mode === 'quiet' || waiting()
    json(res, answer(none ? [] : visits(mock.mode === 'hostile'), asked))
  }

  const openStream = (res: ServerResponse) => {
    res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
    send(res, live())
    streams.add(res)
    res.on('close', () => streams.delete(res))
  }
  return mock
}

function me(): unknown {
  const sites = SITES.map((s) => ({
    ...s,
    time_zone: ZONE,
    identity_mode: 'cookieless',
    snippet: `<script defer src="https://collect.noctra.example/n.js" data-site="${s.public_key}"></script>`,
  }))
  return { account: { name: 'Mara Lindt', email: 'mara@acme.example' }, workspaces: [{ id: 1, name: 'Acme' }], sites }
}

function send(res: ServerResponse, data: unknown): void {
  res.write(`event: live\ndata: ${JSON.stringify(data)}\n\n`)
}

function json(res: ServerResponse, body: unknown): void {
  res.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
  res.end(JSON.stringify(body))
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
