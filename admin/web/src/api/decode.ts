// Answers are read field by field into the shapes of types.ts. Whatever a site was sent ends
// up here, so every value becomes a string, a number or null, and nothing else gets through.
import type { FieldProblem, Freshness, Live, Me, QueryResponse, Row, Site, Value, Workspace } from './types'

type Fields = Record<string, unknown>

export function fields(v: unknown): Fields {
  return typeof v === 'object' && v !== null && !Array.isArray(v) ? (v as Fields) : {}
}

export function list(v: unknown): unknown[] {
  return Array.isArray(v) ? v : []
}

export function text(v: unknown): string {
  if (typeof v === 'string') return v
  return typeof v === 'number' || typeof v === 'boolean' || typeof v === 'bigint' ? String(v) : ''
}

export function number(v: unknown): number {
  const n = typeof v === 'number' ? v : typeof v === 'string' ? Number(v) : 0
  return Number.isFinite(n) ? n : 0
}

function numberOrNull(v: unknown): number | null {
  return typeof v === 'number' && Number.isFinite(v) ? v : null
}

export function textOrNull(v: unknown): string | null {
  return typeof v === 'string' && v !== '' ? v : null
}

function value(v: unknown): Value {
  return typeof v === 'string' ? v : numberOrNull(v)
}

export function decodeQuery(body: unknown): QueryResponse {
  const meta = fields(fields(body)['meta'])
  return {
    rows: list(fields(body)['results']).map(decodeRow),
    timeLabels: Array.isArray(meta['time_labels']) ? meta['time_labels'].map(text) : null,
    totalRows: numberOrNull(meta['total_rows']),
    botEventsLeftOut: numberOrNull(meta['bot_events_left_out']),
  }
}

function decodeRow(v: unknown): Row {
  const row = fields(v)
  const comparison = fields(row['comparison'])['metrics']
  return {
    dimensions: list(row['dimensions']).map(text),
    metrics: list(row['metrics']).map(value),
    comparison: Array.isArray(comparison) ? comparison.map(value) : null,
  }
}

export function decodeMe(body: unknown): Me {
  const me = fields(body)
  const account = fields(me['account'])
  return {
    account: { name: text(account['name']), email: text(account['email']), deleteAfter: textOrNull(account['delete_after']) },
    workspaces: list(me['workspaces']).map(decodeMembership),
    sites: list(me['sites']).map(decodeSite),
  }
}

function decodeMembership(v: unknown): Workspace {
  const w = fields(v)
  const own = { id: text(w['id']), name: text(w['name']), role: text(w['role']) }
  return w['second_factor_needed'] === true ? { ...own, secondFactorNeeded: true } : own
}

export function decodeSite(v: unknown): Site {
  const s = fields(v)
  return {
    id: text(s['id']),
    workspaceId: text(s['workspace_id']),
    name: text(s['name']) || text(s['hostname']),
    hostname: text(s['hostname']),
    publicKey: text(s['public_key']),
    timeZone: text(s['time_zone']) || 'UTC',
    currency: text(s['currency']) || 'EUR',
    snippet: text(s['snippet']),
  }
}

export function decodeLive(body: unknown): Live {
  const l = fields(body)
  return {
    at: text(l['at']),
    visitorsNow: number(l['visitors_now']),
    visitors30m: number(l['visitors_30m']),
    pageviews30m: number(l['pageviews_30m']),
    events30m: number(l['events_30m']),
    minutes: list(l['minutes']).map((m) => {
      const f = fields(m)
      return { minute: text(f['minute']), pageviews: number(f['pageviews']), visitors: number(f['visitors']) }
    }),
    pages: list(l['pages']).map((p) => ({ page: text(fields(p)['page']), visitors: number(fields(p)['visitors']) })),
    lastEventAt: textOrNull(l['last_event_at']),
    insertedAt: textOrNull(l['inserted_at']),
    delayMs: numberOrNull(l['delay_ms']),
  }
}

export function decodeFreshness(body: unknown): Freshness {
  const f = fields(body)
  return { lastEventAt: textOrNull(f['last_event_at']), delayMs: numberOrNull(f['delay_ms']) }
}

export function decodeFields(problem: unknown): FieldProblem[] {
  return list(fields(problem)['errors']).map((e) => ({ path: text(fields(e)['path']), message: text(fields(e)['message']) }))
}
