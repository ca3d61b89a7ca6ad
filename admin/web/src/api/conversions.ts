// Sales and goals on their way to Google: the list, one with its whole way, and what people say about them.
import { keepPreviousData, useInfiniteQuery, useQuery, type InfiniteData, type UseInfiniteQueryResult, type UseQueryResult } from '@tanstack/react-query'
import { request } from './client'
import { fields, list, number, text, textOrNull } from './decode'

export interface Conversion {
  /** key is the id, or s and the id of the sale where no conversion was made of it. */
  key: string
  /** id is empty for a sale without a conversion. */
  id: string
  eventId: string
  orderId: string
  goalId: string
  partner: string
  transactionId: string
  actionId: string
  actionName: string
  /** state as lists show it: restated and retracted among them, and none. */
  state: string
  reason: string
  reasonWords: string
  reasonClass: string
  detail: string
  stateAt: string
  nextAt: string | null
  attempts: number
  /** value as it is sent, null for an action without values. */
  value: string | null
  currency: string
  /** googleValue is what Google has by our record. */
  googleValue: string | null
  googleCurrency: string
  saleValue: string
  saleCurrency: string
  clickKind: string
  clickId: string
  clickedAt: string | null
  secondsFromClick: number | null
  campaign: string
  soldAt: string
  adjustments: number
}

/** ConversionFilter chooses; what is empty chooses all. from and to are moments. */
export interface ConversionFilter {
  site: string
  /** states: none of them are all, sales without a conversion included. */
  states: readonly string[]
  reason: string
  person: boolean
  action: string
  campaign: string
  clickKind: string
  search: string
  from: string
  to: string
}

export interface ConversionPage {
  conversions: Conversion[]
  next: string
}

/** Preview is what would be sent of a conversion: names and values in the order in which they are shown. */
export interface Preview {
  id: string
  state: string
  transport: string
  customerId: string
  payload: Record<string, string>
}

export type Word = 'approve' | 'decline' | 'retry'

export interface Said {
  changed: number
  skipped: { id: string; state: string; reasonWords: string }[]
}

export const AT = '/api/v1/conversions'
const PAGE = 50
export const REFRESH_MS = 10_000
/** A long list that was unfolded is not asked again and again. */
const MOST_REFRESHED = 3

export const conversionsKey = (site: string) => ['conversions', site] as const

/** conversionQuery writes a filter as the API takes it. */
export function conversionQuery(f: ConversionFilter): URLSearchParams {
  const q = new URLSearchParams({ site_id: f.site })
  const put = (name: string, value: string) => value && q.set(name, value)
  put('state', f.states.join(','))
  put('include', f.states.length === 0 && !f.person ? 'sales' : '')
  put('reason', f.reason)
  put('needs', f.person ? 'person' : '')
  put('action_id', f.action)
  put('campaign', f.campaign)
  put('click_kind', f.clickKind)
  put('search', f.search)
  put('from', f.from)
  put('to', f.to)
  return q
}

export function conversionsExport(f: ConversionFilter): string {
  const q = conversionQuery(f)
  q.set('format', 'csv')
  return `${AT}?${q}`
}

function fetchPage(f: ConversionFilter, more: { limit: number; cursor?: string; signal: AbortSignal }): Promise<ConversionPage> {
  const q = conversionQuery(f)
  q.set('limit', String(more.limit))
  if (more.cursor) q.set('cursor', more.cursor)
  return request(`${AT}?${q}`, { signal: more.signal }, (body) => ({ conversions: list(fields(body)['conversions']).map(decodeConversion), next: text(fields(body)['next_cursor']) }))
}

/** useConversions keeps the last answer while a changed question loads, and asks again by itself. */
export function useConversions(f: ConversionFilter): UseInfiniteQueryResult<InfiniteData<ConversionPage>> {
  return useInfiniteQuery({
    queryKey: [...conversionsKey(f.site), 'list', f],
    queryFn: ({ signal, pageParam }) => fetchPage(f, { limit: PAGE, cursor: pageParam, signal }),
    initialPageParam: '',
    getNextPageParam: (last) => last.next || undefined,
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 0) <= MOST_REFRESHED ? REFRESH_MS : false),
  })
}

export function usePreview(site: string, ids: readonly string[]): UseQueryResult<Preview[]> {
  return useQuery({
    queryKey: [...conversionsKey(site), 'preview', ids],
    queryFn: ({ signal }) => request(`${AT}/preview`, { method: 'POST', body: JSON.stringify({ conversion_ids: ids }), signal }, (body) => list(fields(body)['conversions']).map(decodePreview)),
    staleTime: 0,
    gcTime: 0,
  })
}

export function say(word: Word, ids: readonly string[]): Promise<Said> {
  return request(`${AT}/${word}`, { method: 'POST', body: JSON.stringify({ conversion_ids: ids }) }, (body) => ({
    changed: number(fields(body)['changed']),
    skipped: list(fields(body)['skipped']).map((v) => ({ id: text(fields(v)['id']), state: text(fields(v)['state']), reasonWords: text(fields(v)['reason_words']) })),
  }))
}

export function decodeConversion(v: unknown): Conversion {
  const c = fields(v)
  const is = (name: string) => text(c[name])
  return {
    key: is('id') || `s${is('sale_id')}`, id: is('id'), eventId: is('event_id'), orderId: is('order_id'), goalId: is('goal_id'), partner: is('partner'), transactionId: is('transaction_id'),
    actionId: is('action_id'), actionName: is('action_name'), state: is('display_state') || is('state'), reason: is('reason'), reasonWords: is('reason_words'), reasonClass: is('reason_class'),
    detail: is('detail'), stateAt: is('state_at'), nextAt: textOrNull(c['next_at']), attempts: number(c['attempts']),
    value: textOrNull(c['value']), currency: is('currency'), googleValue: textOrNull(c['google_value']), googleCurrency: is('google_currency'), saleValue: is('sale_value'), saleCurrency: is('sale_currency'),
    clickKind: is('click_kind'), clickId: is('click_id'), clickedAt: textOrNull(c['clicked_at']), secondsFromClick: c['seconds_from_click'] === undefined ? null : number(c['seconds_from_click']),
    campaign: is('campaign'), soldAt: is('sold_at'), adjustments: number(c['adjustments']),
  }
}

function decodePreview(v: unknown): Preview {
  const p = fields(v)
  const payload = Object.entries(fields(p['payload'])).map(([name, value]) => [name, text(value)] as const)
  return { id: text(p['id']), state: text(p['state']), transport: text(p['transport']), customerId: text(p['customer_id']), payload: Object.fromEntries(payload.filter(([, value]) => value !== '')) }
}
