import { describe, expect, test } from 'vitest'
import { axisText, bucketText, rangeText, shortRange } from './date'
import { change, changeFrom, exact, short } from './metrics'
import { minorDigits, money, shortMoney } from './money'
import { countryCodes, initials, pageLink, valueName, webLink } from './names'
import { ago, count, counted, duration, durationTick, percent, share, shortCount, tick } from './number'

// Narrow no-break spaces are written as _ in the expectations.
const plain = (s: string) => s.replaceAll('\u202f', '_')

describe('numbers', () => {
  test.each([
    [count(0), '0'],
    [count(812406), '812,406'],
    [count(-1200), '−1,200'],
    [shortCount(9_999_999), '9,999,999'],
    [shortCount(12_400_000), '12.4_M'],
    [shortCount(2_340_000_000), '2.34_B'],
    [tick(0), '0'],
    [tick(40_000), '40k'],
    [tick(1_500_000), '1.5M'],
    [tick(0.5), '0.5'],
    [percent(41.2), '41.2_%'],
    [percent(1.51), '1.51_%'],
    [percent(0), '0.0_%'],
    [share(1, 3), '33.3_%'],
    [share(1, 100_000), '<_0.1_%'.replace('<_', '< ')],
    [share(1, 0), '–'],
    [duration(41), '41_s'],
    [duration(161), '2_m 41_s'],
    [duration(3725), '1_h 02_m'],
    [duration(59.6), '1_m 00_s'],
    [durationTick(90), '1.5m'],
    [counted(1, 'visitor'), '1 visitor'],
    [counted(1204, 'event'), '1,204 events'],
    [counted(0, 'event'), '0 events'],
    [ago(4000), '4_s'],
    [ago(12 * 60_000), '12_min'],
  ])('%s is %s', (got, want) => expect(plain(got)).toBe(want))
})

describe('money keeps every digit', () => {
  test.each([
    ['1421880.35', 'EUR', '€_1,421,880.35'],
    ['9007199254740993.01', 'EUR', '€_9,007,199,254,740,993.01'],
    ['0.1', 'EUR', '€_0.10'],
    ['12', 'JPY', '¥_12'],
    ['-12.5', 'USD', '−$_12.50'],
    ['1.234567', 'EUR', '€_1.234567'],
    ['12.30', 'CHF', 'CHF_12.30'],
    ['12.30', 'nonsense', 'nonsense_12.30'],
    ['<b>', 'EUR', '–'],
    ['1e9', 'EUR', '–'],
  ])('%s %s', (amount, currency, want) => expect(plain(money(amount, currency))).toBe(want))

  test.each([
    ['1421880.35', '€_1.42_M'],
    ['1995000', '€_2.00_M'],
    ['9689.945', '€_9,689.95'],
    ['9999.999', '€_10,000.00'],
    ['72722.51', '€_72,723'],
    ['2500000000', '€_2.50_B'],
    ['0', '€_0.00'],
  ])('short %s', (amount, want) => expect(plain(shortMoney(amount, 'EUR'))).toBe(want))

  test('digits of a currency', () => expect([minorDigits('EUR'), minorDigits('JPY'), minorDigits('?')]).toEqual([2, 0, 2]))
})

describe('change', () => {
  test.each([
    ['visitors', 112, 100, '12.0_%', 'up', 'better'],
    ['visitors', 90, 100, '10.0_%', 'down', 'worse'],
    ['bounce_rate', 41.2, 43, '1.8_pts', 'down', 'better'],
    ['bounce_rate', 43, 41.2, '1.8_pts', 'up', 'worse'],
    ['conversion_rate', 1.51, 1.6, '0.09_pts', 'down', 'worse'],
    ['revenue', '97.70', '100', '2.3_%', 'down', 'worse'],
    ['visitors', 100, 100, '0.0_%', 'flat', 'same'],
    ['visitors', 100_001, 100_000, '0.0_%', 'flat', 'same'],
    ['visitors', 5, 0, 'new', 'flat', 'same'],
    ['visitors', 240, 100, '140_%', 'up', 'better'],
    ['visitors', 2500, 100, '25_×', 'up', 'better'],
    ['revenue', '10', '-10', '200_%', 'up', 'better'],
  ] as const)('%s from %s against %s', (metric, now, before, text, direction, verdict) => {
    const got = change(metric, now, before)
    expect(got && { ...got, text: plain(got.text) }).toEqual({ text, direction, verdict })
  })

  test('what cannot be compared has no change', () => {
    expect([change('visitors', null, 3), change('revenue', 'x', '1'), change('visits', 3, undefined)]).toEqual([null, null, null])
  })
  test('values by kind', () => {
    const got = [exact('revenue', '1234567.89', 'EUR'), short('revenue', '1234567.89', 'EUR'), exact('visit_duration', 161, 'EUR'), exact('bounce_rate', null, 'EUR')]
    expect(got.map(plain)).toEqual(['€_1,234,567.89', '€_1.23_M', '2_m 41_s', '–'])
  })
})

describe('names and links', () => {
  test.each([
    [valueName('visit:country', 'DE'), 'Germany'],
    [valueName('visit:country', 'XX<b>'), 'XX<b>'],
    [valueName('visit:city', ''), '(not set)'],
    [valueName('visit:source', ''), 'Direct / none'],
    [valueName('visit:device', 'mobile'), 'Mobile'],
    [initials('Acme Shop'), 'AS'],
    [initials('shop'), 'SH'],
    [initials(''), '?'],
  ])('%s', (got, want) => expect(got).toBe(want))

  test.each([
    ['https://news.example/a', 'https://news.example/a'],
    ['news.example/a', 'https://news.example/a'],
    ['javascript:alert(1)', null],
    ['JaVaScRiPt:alert(1)', null],
    ['\u0000javascript:alert(1)', null],
    ['data:text/html,x', null],
    ['', null],
    ['Direct', null],
  ])('link of %j', (text, want) => expect(webLink(text)).toBe(want))

  test('pages stay on their host', () => {
    const got = ['/a b', '//evil.example', 'javascript:alert(1)', '/\\evil'].map((p) => pageLink('shop.example', p))
    expect(got).toEqual(['https://shop.example/a%20b', null, null, 'https://shop.example//evil'])
  })
  test('countries are found by name', () => expect(countryCodes('united')).toEqual(expect.arrayContaining(['GB', 'US', 'AE'])))
})

describe('with nothing before', () => {
  test.each([
    ['bounce_rate', 39.5, 0, 'new'],
    ['revenue', '-4.00', '0.00', 'new'],
    ['sales', 0, 0, ''],
    ['revenue', '0.00', '0.00', ''],
    ['visit_duration', null, null, ''],
  ] as const)('%s %s', (metric, now, before, want) => expect(changeFrom(metric, now, before, true)).toEqual({ text: want, direction: 'flat', verdict: 'same' }))
  test('and with something', () => expect(changeFrom('bounce_rate', 39.5, 30, false)).toEqual(change('bounce_rate', 39.5, 30)))
})

describe('dates', () => {
  const range = { from: '2026-10-26', to: '2026-11-24' }
  test.each([
    [rangeText(range), '26 Oct – 24 Nov 2026'],
    [rangeText({ from: '2026-11-01', to: '2026-11-24' }), '1 – 24 Nov 2026'],
    [rangeText({ from: '2026-11-24', to: '2026-11-24' }), '24 Nov 2026'],
    [rangeText({ from: '2025-11-25', to: '2026-11-24' }), '25 Nov 2025 – 24 Nov 2026'],
    [shortRange(range, '2026-11-24'), '26 Oct – 24 Nov'],
    [shortRange({ from: '2025-10-26', to: '2025-11-24' }, '2026-11-24'), '26 Oct – 24 Nov 2025'],
    [shortRange({ from: '2025-11-25', to: '2026-11-24' }, '2026-11-24'), '25 Nov 2025 – 24 Nov'],
    [bucketText('2026-11-17', 'day', range), 'Tue 17 Nov'],
    [bucketText('2026-11-17 14:00:00', 'hour', range), 'Tue 17 Nov, 14:00–14:59'],
    [bucketText('2026-11-23', 'week', range), '23 – 24 Nov'],
    [bucketText('2026-11-01', 'month', range), 'Nov 2026'],
    [axisText('2026-11-17 14:00:00', 'hour', true), '14:00'],
    [axisText('2026-01-01', 'month', false), 'Jan 2026'],
  ])('%s', (got, want) => expect(got).toBe(want))
})
