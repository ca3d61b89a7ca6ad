import { expect, test } from 'vitest'
import { decodeWay } from '../../api/conversionWay'
import { decodeConversion } from '../../api/conversions'
import { decodeReconciliation } from '../../api/reconciliation'
import { conversionQuery } from '../../api/conversions'
import { decodeDestinations } from '../../api/destinations'
import { troubles } from './Lead'
import { spanText, valuesText, worthOf } from './amounts'
import { asFilter, readChosen, writeChosen } from './filter'
import { whyText } from './Rows'
import { stepsOf } from './way'

test('what is chosen is the address, and nothing that is not understood', () => {
  const address = 'range=7d&show=held&reason=no_click&campaign=Brand+%26+more&click=gclid&id=17'
  expect(writeChosen(readChosen(new URLSearchParams(address))).toString()).toBe(address)
  expect(writeChosen(readChosen(new URLSearchParams('show=x&state=A-1&reason=a%20b&action=x&click=fbclid&id=1x'))).toString()).toBe('')
})

test('days are those of the site, and do not hold for what is searched', () => {
  const site = { publicKey: 'nst_1', timeZone: 'Europe/Berlin' }
  const range = { from: '2026-03-28', to: '2026-03-29' }
  const days = asFilter(readChosen(new URLSearchParams('show=open')), site, range)
  expect([days.from, days.to, days.states]).toEqual(['2026-03-27T23:00:00.000Z', '2026-03-29T22:00:00.000Z', ['waiting', 'ready', 'sending', 'received', 'unknown']])
  const searched = asFilter(readChosen(new URLSearchParams('search=+A-1+')), site, range)
  expect([searched.from, searched.to, searched.search]).toEqual(['', '', 'A-1'])
})

test('all are sales without a conversion, too; parts say their states, and what needs a person is of every day', () => {
  const site = { publicKey: 'nst_1', timeZone: 'UTC' }
  const asked = (address: string) => Object.fromEntries([...conversionQuery(asFilter(readChosen(new URLSearchParams(address)), site, { from: '2026-03-28', to: '2026-03-28' }))].filter(([name]) => !['site_id', 'to'].includes(name)))
  const from = '2026-03-28T00:00:00.000Z'
  expect(asked('')).toEqual({ include: 'sales', from })
  expect(asked('show=none')).toEqual({ state: 'none', from })
  expect(asked('show=held&state=none&reason=no_action')).toEqual({ state: 'none', reason: 'no_action', from })
  expect(asked('show=person')).toEqual({ needs: 'person' })
  expect(readChosen(new URLSearchParams('id=s17')).id).toBe('s17')
})

test.each([
  [{ connected: false, destinations: [] }, ['No account is connected: nothing is sent.']],
  [{ connected: true, destinations: [] }, ['No conversion action is chosen for this site: nothing is sent.']],
  [{ connected: true, held_at: '2026-03-01T09:30:00Z', destinations: [{ connection_id: '1' }] }, ['Uploads of this workspace are on hold: nothing is sent.']],
  [{ connected: true, destinations: [{ connection_id: '1' }] }, []],
  [{ connected: true, destinations: [{ connection_id: '1', customer_id: '2000000002' }, { connection_id: '2', customer_name: 'Acme', reason: 'backing_off', reason_words: 'Google could not take it; it is sent again', until: '2026-03-01T15:30:00Z' }] },
    ['Nothing is sent to Acme: Google could not take it; it is sent again. It is tried again at 1 Mar 2026, 15:30.']],
])('what keeps everything of %j', (body, want) => {
  expect(troubles(decodeDestinations(body), 'UTC')).toEqual(want)
})

test.each([
  [{ value: '129.90', currency: 'EUR', display_state: 'accepted', google_value: '129.90' }, { now: '€\u202f129.90', was: null }],
  [{ value: '129.90', currency: 'EUR', display_state: 'restated', google_value: '64.95', google_currency: 'EUR' }, { now: '€\u202f64.95', was: '€\u202f129.90' }],
  [{ value: '1200', currency: 'JPY', display_state: 'retracted' }, { now: '¥\u202f0', was: '¥\u202f1,200' }],
  [{ display_state: 'waiting' }, { now: '–', was: null }],
])('worth of %j', (body, want) => {
  expect(worthOf(decodeConversion(body))).toEqual(want)
})

test('sums by currency have the site’s own first; spans are short', () => {
  expect(valuesText({ CHF: '10.00', EUR: '12345.60' }, 'EUR')).toBe('€\u202f12,346 + CHF\u202f10.00')
  expect(valuesText({}, 'EUR')).toBe('€\u202f0.00')
  expect([null, 41, 125, 11_520, 190_000].map((s) => spanText(s).replaceAll('\u202f', ''))).toEqual(['–', '41s', '2m', '3h 12m', '2d 4h'])
})

test('a way is told in order: what kept it, what was lost, what came of it', () => {
  const at = (minute: number) => `2026-03-01T12:${String(minute).padStart(2, '0')}:00Z`
  const way = decodeWay({
    display_state: 'rejected', sold_at: at(0), click_kind: 'gclid', click_id: 'ab…yz', clicked_at: '2026-02-28T12:00:00Z', seconds_from_click: 86_400,
    sale: { rule: 'visitor', borrowed: true, via: 'server', consent_ad_user_data: 'granted' },
    gates: [{ name: 'consent', state: 'passed' }],
    moves: [{ at: at(1), from: '', to: 'waiting', reason_words: 'It waits' }, { at: at(2), from: 'waiting', to: 'ready' }, { at: at(3), from: 'ready', to: 'sending' }, { at: at(6), from: 'sending', to: 'ready', reason_words: 'Sent again' }, { at: at(9), from: 'sending', to: 'rejected', reason_words: 'Too old' }],
    uploads: [{ id: '1', transport: 'google_ads', kind: 'conversion', state: 'lost', others: 1, started_at: at(3) }, { id: '2', transport: 'google_ads', kind: 'conversion', state: 'final', others: 0, row_code: 'TOO_OLD', code: 'X', started_at: at(7) }],
  })
  expect(stepsOf(way, 'UTC').map((s) => [s.title, s.tone, s.lines.join(' | ')])).toEqual([
    ['Ad click', 'ok', 'gclid ab…yz'],
    ['Sale', 'ok', 'event  · reported by a server | consent for ads granted'],
    ['Matched to the click', 'ok', 'by the visitor who clicked | Whose it was is known from what the browser reported of the same order'],
    ['Gates passed', 'ok', 'consent'],
    ['Waiting', 'wait', 'It waits'],
    ['Sent to Google', 'hold', 'Google Ads API · with 1 other | the answer got lost'],
    ['Sent again', 'wait', 'Sent again'],
    ['Sent to Google', 'ok', 'Google Ads API | TOO_OLD'],
    ['Rejected', 'bad', 'Too old'],
  ])
})

test.each([
  [{ display_state: 'waiting', reason_words: 'No ad click is known for it', reason_class: 'gate', next_at: '2026-12-03T19:45:08Z' }, 'No ad click is known for it; waits until 3 Dec, 19:45'],
  [{ display_state: 'restated', reason_words: 'Google has it already', reason_class: 'done', google_value: '5.00' }, 'A refund changed what Google counts'],
  [{ display_state: 'accepted', reason_words: 'Google has it already', reason_class: 'done', google_value: '5.00' }, '–'],
  [{ display_state: 'accepted', reason_words: 'Google has it already', reason_class: 'done' }, 'Google has it already'],
  [{ display_state: 'waiting', reason: 'review', reason_words: 'A person has to approve it', reason_class: 'customer', next_at: '2026-12-03T19:45:08Z' }, 'A person has to approve it; Google takes it until 3 Dec, 19:45'],
  [{ display_state: 'waiting', reason_words: 'Google could not take it', reason_class: 'later', next_at: '2026-12-03T23:05:00Z' }, 'Google could not take it; next try 3 Dec, 23:05'],
  [{ display_state: 'restated' }, 'A refund changed what Google counts'],
])('why of %j', (body, want) => {
  expect(whyText(decodeConversion(body), 'UTC')).toBe(want)
})

test('an answer without sums has none', () => {
  expect(decodeReconciliation(null).levels.tracked).toEqual({ count: 0, values: {} })
})
