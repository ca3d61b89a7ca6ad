// Corrections of events: values of one event replaced, with a reason, and what stood there before.
import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query'
import { request } from './client'
import { fields, text, textOrNull } from './decode'
import { usePages, type PageOf } from './pages'

export interface Correction {
  id: string
  eventId: string
  occurredAt: string
  reason: string
  /** before and after are columns of the event by name; amounts in millionths. */
  before: Record<string, unknown>
  after: Record<string, unknown>
  accountId: string
  state: string
  createdAt: string
  doneAt: string | null
}

const EVERY_MS = 2_000

export const correctionsKey = (site: string) => ['corrections', site] as const

const at = (site: string, event: string) => `/api/v1/sites/${encodeURIComponent(site)}${event && `/events/${encodeURIComponent(event)}`}/corrections`

/** useCorrections lists those of a site, or of one of its events, and looks again while one is applied. */
export function useCorrections(site: string, event: string): UseInfiniteQueryResult<InfiniteData<PageOf<Correction>>> {
  return usePages({
    key: [...correctionsKey(site), event],
    path: at(site, event),
    name: 'corrections',
    decode: decodeCorrection,
    moving: { everyMs: EVERY_MS, while: (c) => c.state === 'applying' },
  })
}

export const correct = (site: string, event: string, send: { body: string; once: string }) => request(at(site, event), { method: 'POST', ...send }, decodeCorrection)

export function decodeCorrection(v: unknown): Correction {
  const c = fields(v)
  return {
    id: text(c['id']),
    eventId: text(c['event_id']),
    occurredAt: text(c['occurred_at']),
    reason: text(c['reason']),
    before: fields(c['before']),
    after: fields(c['after']),
    accountId: text(c['account_id']),
    state: text(c['state']),
    createdAt: text(c['created_at']),
    doneAt: textOrNull(c['done_at']),
  }
}
