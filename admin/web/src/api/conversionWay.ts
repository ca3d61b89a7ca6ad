// One conversion with its whole way, as the API tells it.
import { useQuery, type UseQueryResult } from '@tanstack/react-query'
import { request } from './client'
import { AT, conversionsKey, decodeConversion, REFRESH_MS, type Conversion } from './conversions'
import { fields, list, number, text, textOrNull } from './decode'

export interface Consent {
  analytics: string
  userData: string
  personal: string
}

export interface AdClick {
  clickedAt: string
  landingUrl: string
  campaign: string
  consent: Consent
}

export interface Gate {
  name: string
  /** state is passed, keeps or not_reached. */
  state: string
}

export interface Move {
  at: string
  from: string
  to: string
  reasonWords: string
  detail: string
  uploadId: string
}

/** Attempt is a request to Google that named the conversion or one of its adjustments. */
export interface Attempt {
  id: string
  transport: string
  kind: string
  state: string
  others: number
  requestId: string
  status: number
  code: string
  message: string
  payload: unknown
  startedAt: string
  answeredAt: string | null
  pollAt: string | null
}

export interface Adjustment {
  id: string
  kind: string
  state: string
  reasonWords: string
  adjustedAt: string
  value: string | null
  currency: string
  stateAt: string
  moves: Move[]
}

export interface Refund {
  refundedAt: string
  value: string
  currency: string
}

export interface Way extends Conversion {
  click: AdClick | null
  /** rule is how the click was found: click_id, visitor or user. */
  rule: string
  borrowed: boolean
  via: string
  botReasons: string[]
  consent: Consent
  refunds: Refund[]
  gates: Gate[]
  moves: Move[]
  uploads: Attempt[]
  adjustmentList: Adjustment[]
  /** conversionIds are conversions that were made of a sale meanwhile, where the sale was asked for. */
  conversionIds: string[]
}

/** useConversion asks for a conversion, or for a sale without one, by the key that the list has. */
export function useConversion(site: string, key: string): UseQueryResult<Way> {
  const [at, decode] = key.startsWith('s') ? [`/api/v1/sales/${encodeURIComponent(key.slice(1))}`, decodeSale] : [`${AT}/${encodeURIComponent(key)}`, decodeWay]
  return useQuery({ queryKey: [...conversionsKey(site), 'one', key], queryFn: ({ signal }) => request(at, { signal }, decode), refetchInterval: REFRESH_MS })
}

/** decodeSale reads a sale as the way of a conversion that there is not. */
export function decodeSale(body: unknown): Way {
  return { ...decodeWay(body), state: 'none' }
}

export function decodeWay(body: unknown): Way {
  const w = fields(body)
  const sale = fields(w['sale'])
  return {
    ...decodeConversion(body),
    click: w['click'] ? decodeClick(w['click']) : null,
    rule: text(sale['rule']),
    borrowed: sale['borrowed'] === true,
    via: text(sale['via']),
    botReasons: list(sale['bot_reasons']).map(text),
    consent: decodeConsent(sale),
    refunds: list(sale['refunds']).map((v) => ({ refundedAt: text(fields(v)['refunded_at']), value: text(fields(v)['value']), currency: text(fields(v)['currency']) })),
    gates: list(w['gates']).map((v) => ({ name: text(fields(v)['name']), state: text(fields(v)['state']) })),
    moves: list(w['moves']).map(decodeMove),
    uploads: list(w['uploads']).map(decodeAttempt),
    adjustmentList: list(w['adjustment_list']).map(decodeAdjustment),
    conversionIds: list(w['conversion_ids']).map(text),
  }
}

function decodeClick(v: unknown): AdClick {
  const c = fields(v)
  return { clickedAt: text(c['clicked_at']), landingUrl: text(c['landing_url']), campaign: text(c['campaign']), consent: decodeConsent(c) }
}

function decodeConsent(c: Record<string, unknown>): Consent {
  return { analytics: text(c['consent_analytics']), userData: text(c['consent_ad_user_data']), personal: text(c['consent_ad_personalization']) }
}

function decodeMove(v: unknown): Move {
  const m = fields(v)
  return { at: text(m['at']), from: text(m['from']), to: text(m['to']), reasonWords: text(m['reason_words']), detail: text(m['detail']), uploadId: text(m['upload_id']) }
}

function decodeAttempt(v: unknown): Attempt {
  const a = fields(v)
  return {
    id: text(a['id']), transport: text(a['transport']), kind: text(a['kind']), state: text(a['state']), others: number(a['others']), requestId: text(a['request_id']), status: number(a['status']),
    code: text(a['row_code']) || text(a['code']), message: text(a['row_message']) || text(a['message']), payload: a['payload'],
    startedAt: text(a['started_at']), answeredAt: textOrNull(a['answered_at']), pollAt: textOrNull(a['poll_at']),
  }
}

function decodeAdjustment(v: unknown): Adjustment {
  const a = fields(v)
  return {
    id: text(a['id']), kind: text(a['kind']), state: text(a['state']), reasonWords: text(a['reason_words']), adjustedAt: text(a['adjusted_at']),
    value: textOrNull(a['value']), currency: text(a['currency']), stateAt: text(a['state_at']), moves: list(a['moves']).map(decodeMove),
  }
}
