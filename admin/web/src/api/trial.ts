// What other rules would make of past sales: tried, and nothing of it kept.
import { request } from './client'
import { fields, list, number, text, textOrNull } from './decode'
import { valuesOf, type Values } from './attribution'

export interface Standing {
  /** state is none where there is no conversion. */
  state: string
  reason: string
  words: string
}

/** Differs is in what a conversion would be another one. */
export type Differs = 'state' | 'time' | 'value' | 'click' | 'identifiers'

export interface Change {
  before: Standing
  after: Standing
  differs: Differs[]
  /** then is what becomes of what was sent: stays, restated, enhanced, restated_and_enhanced or resumed; empty for what was not. */
  then: string
  count: number
  valuesBefore: Values
  valuesAfter: Values
}

/** Would is what is sent, or would be; the click id is masked. */
export interface Would extends Standing {
  value: string | null
  currency: string
  click: string
  identifiers: boolean
}

export interface Example {
  conversionId: string
  eventId: string
  orderId: string
  soldAt: string
  atGoogle: boolean
  before: Would
  after: Would
}

interface Sum {
  count: number
  values: Values
}

export interface Trial {
  from: string
  cut: boolean
  looked: number
  changed: number
  atGoogle: number
  changes: Change[]
  sent: Change[]
  examples: Example[]
  clicks: { looked: number; changed: number; gained: Sum; lost: Sum; moved: Sum; known: string } | null
}

const actions = (workspace: string) => `/api/v1/workspaces/${encodeURIComponent(workspace)}/conversion-actions`
const asked = (path: string, body: string) => request(path, { method: 'POST', body }, decodeTrial)

/** tryMapping tries a change of an action, by the body that would save it. */
export const tryMapping = (workspace: string, id: string, body: string) => asked(`${actions(workspace)}/${encodeURIComponent(id)}/trial`, body)
export const tryNewMapping = (workspace: string, body: string) => asked(`${actions(workspace)}/trial`, body)
export const tryLookback = (site: string, days: number | string) => asked(`/api/v1/sites/${encodeURIComponent(site)}/trial`, JSON.stringify({ lookback_days: days }))

const standingOf = (v: unknown): Standing => ({ state: text(fields(v)['state']), reason: text(fields(v)['reason']), words: text(fields(v)['words']) })
const differsOf = (v: unknown) => list(v).map(text) as Differs[]
const sumOf = (v: unknown): Sum => ({ count: number(fields(v)['count']), values: valuesOf(fields(v)['values']) })

function wouldOf(v: unknown): Would {
  const w = fields(v)
  return { ...standingOf(v), value: textOrNull(w['value']), currency: text(w['currency']), click: [text(w['click_kind']), text(w['click_id'])].filter(Boolean).join(' '), identifiers: w['identifiers'] === true }
}

function changeOf(v: unknown): Change {
  const c = fields(v)
  return { before: standingOf(c['before']), after: standingOf(c['after']), differs: differsOf(c['differs']), then: text(c['then']), count: number(c['count']), valuesBefore: valuesOf(c['values_before']), valuesAfter: valuesOf(c['values_after']) }
}

function exampleOf(v: unknown): Example {
  const e = fields(v)
  return {
    conversionId: text(e['conversion_id']), eventId: text(e['event_id']), orderId: text(e['order_id']), soldAt: text(e['sold_at']), atGoogle: e['at_google'] === true,
    before: wouldOf(e['before']), after: wouldOf(e['after']),
  }
}

function decodeTrial(body: unknown): Trial {
  const t = fields(body)
  const c = fields(t['clicks'])
  return {
    from: text(t['from']), cut: t['cut'] === true, looked: number(t['looked']), changed: number(t['changed']), atGoogle: number(t['at_google']),
    changes: list(t['changes']).map(changeOf), sent: list(t['sent']).map(changeOf), examples: list(t['examples']).map(exampleOf),
    clicks: t['clicks'] ? { looked: number(c['looked']), changed: number(c['changed']), gained: sumOf(c['gained']), lost: sumOf(c['lost']), moved: sumOf(c['moved']), known: text(c['known']) } : null,
  }
}
