import { describe, expect, test } from 'vitest'
import { decodeCorrection } from '../../api/corrections'
import { decodeSite } from '../../api/decode'
import { decodeErasure } from '../../api/erasures'
import { bytes } from '../../format/number'
import { changesOf, itemsOf, propsOf, valuesFor, type Part } from './correction'
import { about, dueAt, siteNames, stateTag, steps } from './erasureWords'

const chosen = (...parts: Part[]) => new Set(parts)

describe('a correction', () => {
  test('sends what was chosen alone, and empties what was emptied', () => {
    const typed = { amount: ' 49.90 ', currency: '', order_id: 'A-1', url: 'https://shop.example/x', title: '', props: '', items: '' }
    expect(valuesFor(chosen('amount'), typed)).toEqual({ amount: '49.90' })
    expect(valuesFor(chosen('amount'), { amount: '', currency: 'eur' })).toEqual({ currency: 'EUR' })
    expect(valuesFor(chosen('title', 'props', 'items'), typed)).toEqual({ title: '', props: {}, items: [] })
    expect(valuesFor(chosen(), typed)).toEqual({})
  })
  test('reads lines of properties and items, and says which it cannot read', () => {
    expect(propsOf('plan = pro\n\n formula=a=b ')).toEqual({ plan: 'pro', formula: 'a=b' })
    expect(() => propsOf('plan')).toThrow('“plan” is not name = value.')
    expect(itemsOf('2; Mug; 9.90; A-1; Kitchen\n1;;;B-2')).toEqual([{ quantity: 2, name: 'Mug', price: '9.90', id: 'A-1', category: 'Kitchen' }, { quantity: 1, name: '', id: 'B-2' }])
    for (const bad of ['Mug', 'x; Mug', '1; ; 9.90', '-1; Mug']) expect(() => itemsOf(bad)).toThrow('does not begin with')
  })
  test('is shown in words: amounts with every digit, what is empty as nothing', () => {
    const of = (before: object, after: object) => changesOf(decodeCorrection({ before, after })).map((c) => [c.name, c.before, c.after])
    expect(of({ amount: 41_930_000, currency: 'EUR' }, { amount: 49_900_001, currency: 'CHF' })).toEqual([['amount', '€\u202f41.93', 'CHF\u202f49.900001'], ['currency', 'EUR', 'CHF']])
    expect(of({ amount: 5 }, { amount: 1_000_000 })).toEqual([['amount', '0.000005', '1.00']])
    expect(of({ title: 'Jane', item_prices: [1_500_000] }, { title: '', item_prices: [], item_ids: ['', 'B'] })).toEqual([['title', 'Jane', 'nothing'], ['item_prices', '1.50', 'none'], ['item_ids', null, '–, B']])
  })
})

describe('an erasure', () => {
  const sites = [decodeSite({ id: '1', name: 'Shop' })]
  const e = (more: object) => decodeErasure({ id: '5', scope: 'visitor', subject_kind: 'order_id', site_ids: ['1'], state: 'erasing', step: 'erasing', requested_at: '2026-03-01T09:30:00Z', ...more })
  test('is named by how the person was, or by the site that went', () => {
    expect(about(e({}), sites)).toBe('A person, by order id')
    expect(about(e({ scope: 'site', site_ids: ['1'] }), sites)).toBe('A site as a whole: Shop')
    expect([about(e({ scope: 'workspace' }), sites), siteNames(['1', '9'], sites), siteNames([], sites)]).toEqual(['The whole workspace', 'Shop, site 9', 'no site'])
  })
  test('is due after thirty days, and overdue until it is done', () => {
    expect(dueAt(e({})).toISOString()).toBe('2026-03-31T09:30:00.000Z')
    const late = new Date('2026-04-01T00:00:00Z')
    expect(stateTag(e({ state: 'failed' }), new Date('2026-03-02T00:00:00Z')).word).toBe('Will be tried again')
    expect([stateTag(e({}), late).word, stateTag(e({ state: 'done' }), late).word]).toEqual(['Overdue', 'Gone'])
  })
  test('has reached as many steps as its receipt has moments', () => {
    const reached = (more: object) => steps(e(more)).filter((s) => s.at !== null).map((s) => s.title)
    expect(reached({ receipt: { kept_out_at: '2026-03-01T09:30:06Z' } })).toEqual(['Asked for', 'Kept out'])
  })
})

test('sizes are written in steps of a thousand', () => {
  expect([0, 812, 1000, 183_040, 1_048_576, 12_400_000_000].map(bytes)).toEqual(['0\u202fB', '812\u202fB', '1\u202fkB', '183\u202fkB', '1.05\u202fMB', '12.4\u202fGB'])
})
