// The stand-in for attribution: three campaigns, and a look-back that moves three sales.
import type { Answer } from './account'

const share = (sales: number) => ({ sales: sales.toFixed(4), values: { EUR: (sales * 49.9).toFixed(2) } })
const row = (name: string, all: number[]) => ({ name, models: Object.fromEntries(['last_click', 'first_click', 'linear', 'time_decay', 'position_based'].map((m, i) => [m, share(all[i]!)])) })

/** models are what each model gives to three campaigns. */
export function models(): Answer {
  return { status: 200, body: { rows: [row('Autumn DE · trail shoes', [40, 22, 31.5, 35.25, 32]), row('Brand DE', [12, 30, 20.5, 16.75, 20]), row('', [2, 2, 2, 2, 2])], direct: { count: 19, values: { EUR: '948.10' } } } }
}

const place = (state: string, reason = '', words = '') => ({ state, reason, words })
const noClick = place('held', 'no_click', 'No ad click is known for it')

/** trial is what any rule that is tried would change: some sales that were not sent, some that were. */
export function trial(now: Date, lookback: boolean): Answer {
  const from = new Date(now.getTime() - 30 * 86_400_000).toISOString()
  const sums = (count: number, amount: string) => ({ count, values: count > 0 ? { EUR: amount } : {} })
  const changes = lookback
    ? [{ before: place('ready'), after: noClick, differs: ['state', 'click'], count: 3, values_before: { EUR: '149.70' }, values_after: { EUR: '149.70' } }]
    : [
        { before: place('ready'), after: place('waiting', 'review', 'A person has to approve it'), differs: ['state', 'value'], count: 12, values_before: { EUR: '598.80', CHF: '120.00' }, values_after: { EUR: '60.00' } },
        { before: noClick, after: place('ready'), differs: ['state', 'identifiers'], count: 2, values_before: { EUR: '99.80' }, values_after: { EUR: '99.80' } },
      ]
  const sent = [
    { before: place('accepted'), after: place('accepted'), differs: ['value'], then: 'restated', count: 31, values_before: { EUR: '155.00' }, values_after: { EUR: '1546.90' } },
    { before: place('accepted'), after: place('waiting', 'review', 'A person has to approve it'), differs: ['state'], then: 'stays', count: 9, values_before: { EUR: '449.10' }, values_after: { EUR: '449.10' } },
  ]
  const would = { value: '49.90', currency: 'EUR', click_kind: 'gclid', click_id: 'CjKC…x7wE', identifiers: false }
  const example = { conversion_id: '899', event_id: '0192f0c1-7c3a-7000-8000-000000010001', order_id: '104855', sold_at: now.toISOString(), at_google: false, before: { ...place('ready'), ...would }, after: lookback ? { ...noClick, value: '49.90', currency: 'EUR', identifiers: false } : { ...place('waiting', 'review', 'A person has to approve it'), ...would, value: '5.00' } }
  const clicks = { looked: 54, changed: 3, gained: sums(0, ''), lost: sums(3, '149.70'), moved: sums(0, ''), known: from }
  return { status: 200, body: { from, cut: false, looked: 54, changed: lookback ? 3 : 14, changes, at_google: lookback ? 0 : 40, sent: lookback ? [] : sent, examples: [example], ...(lookback ? { clicks } : {}) } }
}

/** checks are eight days, one with a difference that was mended and one that stays. */
export function checks(now: Date, empty: boolean): Answer {
  const missing = { kind: 'missing_sale', words: 'Its event is stored, and it was not read', event_id: '0192f0c1-7c3a-7000-8000-000000010002', mended: true }
  const surplus = { kind: 'surplus_sale', words: 'It was read, and its event is not stored', event_id: '0192f0c1-7c3a-7000-8000-000000010003', mended: false }
  const day = (back: number) => new Date(now.getTime() - back * 86_400_000).toISOString().slice(0, 10)
  const all = [1, 2, 3, 4, 5, 6, 7, 8].map((back) => ({ id: String(20 - back), day: day(back), checked_at: `${day(0)}T01:00:00Z`, events: 118 - back, sales: back === 3 ? 116 : 118 - back, mended: back === 2 ? 1 : 0, differences: back === 2 ? [missing] : back === 3 ? [surplus] : [] }))
  return { status: 200, body: { checks: empty ? [] : all } }
}
