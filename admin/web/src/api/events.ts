// Events of a site, found by what a person knows of them.
import { request } from './client'
import { fields, list, text } from './decode'

export interface FoundEvent {
  id: string
  kind: string
  /** name is of a goal or interaction; else empty. */
  name: string
  occurredAt: string
  hostname: string
  path: string
  orderId: string
  /** amount is empty where the kind has none. */
  amount: string
  currency: string
  corrected: boolean
}

export interface FoundEvents {
  events: FoundEvent[]
  /** more is true when there are others. */
  more: boolean
}

/** EventSearch is for a day, unless it has the event's id. */
export interface EventSearch {
  day?: string
  event_id?: string
  order_id?: string
  visitor_id?: string
  user_id?: string
}

export const findEvents = (site: string, search: EventSearch): Promise<FoundEvents> =>
  request(`/api/v1/sites/${encodeURIComponent(site)}/events/find`, { method: 'POST', body: JSON.stringify(search) }, decodeFound)

export function decodeFound(v: unknown): FoundEvents {
  const body = fields(v)
  return { events: list(body['events']).map(decodeEvent), more: body['more'] === true }
}

const or = (v: unknown) => (v === undefined ? '' : text(v))

function decodeEvent(v: unknown): FoundEvent {
  const e = fields(v)
  return {
    id: text(e['event_id']),
    kind: text(e['kind']),
    name: or(e['name']),
    occurredAt: text(e['occurred_at']),
    hostname: or(e['hostname']),
    path: or(e['path']),
    orderId: or(e['order_id']),
    amount: or(e['amount']),
    currency: or(e['currency']),
    corrected: e['corrected'] === true,
  }
}
