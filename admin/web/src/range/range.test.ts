import { describe, expect, test } from 'vitest'
import { addDays, addMonths, endOfMonth, isPlainDate, startOfWeek, weekday, zoned } from './date'
import { buckets, fitting, phase, preferred } from './interval'
import { compared, days, defaultChoice, isFirstDay, named, presets, resolve, step, type RangeChoice } from './range'

const TODAY = '2026-11-24'

describe('plain dates', () => {
  test.each([
    [addDays('2026-03-28', 2), '2026-03-30'],
    [addDays('2024-02-28', 1), '2024-02-29'],
    [addMonths('2026-03-31', -1), '2026-02-28'],
    [addMonths('2024-02-29', -12), '2023-02-28'],
    [addMonths('2026-01-15', -1), '2025-12-15'],
    [endOfMonth('2026-02-10'), '2026-02-28'],
    [startOfWeek('2026-11-24'), '2026-11-23'],
    [startOfWeek('2026-11-22'), '2026-11-16'],
  ])('%s', (got, want) => expect(got).toBe(want))

  test('days of the week', () => expect([weekday('2026-11-24'), weekday('1969-12-31')]).toEqual([2, 3]))
  test.each(['2026-02-30', '2026-1-1', '', 'x', '2026-13-01'])('%j is no date', (text) => expect(isPlainDate(text)).toBe(false))

  test('a zone has its own day', () => {
    const at = new Date('2026-11-24T23:30:00Z')
    const got = ['Europe/Berlin', 'America/New_York', 'Asia/Kathmandu', 'No/Where'].map((zone) => zoned(at, zone))
    expect(got).toEqual([
      { date: '2026-11-25', hour: 0, minute: 30 },
      { date: '2026-11-24', hour: 18, minute: 30 },
      { date: '2026-11-25', hour: 5, minute: 15 },
      { date: '2026-11-24', hour: 23, minute: 30 },
    ])
  })
})

describe('presets', () => {
  const expected: Record<string, [string, string]> = {
    today: ['2026-11-24', '2026-11-24'],
    yesterday: ['2026-11-23', '2026-11-23'],
    '7d': ['2026-11-18', '2026-11-24'],
    '30d': ['2026-10-26', '2026-11-24'],
    '90d': ['2026-08-27', '2026-11-24'],
    month: ['2026-11-01', '2026-11-24'],
    last_month: ['2026-10-01', '2026-10-31'],
    year: ['2026-01-01', '2026-11-24'],
    '12mo': ['2025-11-25', '2026-11-24'],
  }
  test.each(presets)('$id', ({ id }) => {
    const range = resolve({ preset: id }, TODAY)
    expect([range.from, range.to]).toEqual(expected[id])
    expect(named(range, TODAY)).toEqual({ preset: id })
  })
})

test('a first day has nothing before it, and something on it or nothing at all', () => {
  const got = [isFirstDay(false, TODAY, TODAY), isFirstDay(false, null, TODAY), isFirstDay(false, '2025-01-02', TODAY), isFirstDay(true, TODAY, TODAY), isFirstDay(undefined, TODAY, TODAY)]
  expect(got).toEqual([true, true, false, false, false])
})

describe('stepping', () => {
  const back = (choice: RangeChoice) => step(choice, -1, TODAY)
  test.each([
    ['today', { preset: 'today' }, { preset: 'yesterday' }],
    ['30 days', { preset: '30d' }, { from: '2026-09-26', to: '2026-10-25' }],
    ['this month', { preset: 'month' }, { preset: 'last_month' }],
    ['last month', { preset: 'last_month' }, { from: '2026-09-01', to: '2026-09-30' }],
    ['this year', { preset: 'year' }, { from: '2025-01-01', to: '2025-12-31' }],
  ] as const)('back from %s', (_, choice, want) => expect(back(choice)).toEqual(want))

  test.each(presets)('back and on again is $id', ({ id }) => {
    const before = back({ preset: id })
    expect(before && step(before, 1, TODAY)).toEqual({ preset: id })
  })
  test('not into the future', () => expect(step(defaultChoice, 1, TODAY)).toBeNull())
  test('a run that would pass today ends today', () => {
    expect(step({ from: '2026-11-10', to: '2026-11-20' }, 1, TODAY)).toEqual({ from: '2026-11-14', to: TODAY })
  })
})

describe('comparison', () => {
  const range = resolve(defaultChoice, TODAY)
  test.each([
    ['previous_period', false, { from: '2026-09-26', to: '2026-10-25' }],
    ['previous_period', true, { from: '2026-09-21', to: '2026-10-20' }],
    ['year_over_year', false, { from: '2025-10-26', to: '2025-11-24' }],
    ['year_over_year', true, { from: '2025-10-27', to: '2025-11-25' }],
    ['off', false, null],
  ] as const)('%s, matched %s', (mode, match, want) => expect(compared(range, mode, match)).toEqual(want))

  test('is as long, and matched ones begin on the same weekday', () => {
    for (const { id } of presets) {
      const r = resolve({ preset: id }, TODAY)
      for (const mode of ['previous_period', 'year_over_year'] as const) {
        expect(days(compared(r, mode, false)!)).toBe(days(r))
        const matched = compared(r, mode, true)!
        expect(days(matched)).toBe(days(r))
        if (days(r) <= 364) expect(weekday(matched.from)).toBe(weekday(r.from))
      }
    }
  })
})

describe('intervals', () => {
  const of = (id: (typeof presets)[number]['id']) => resolve({ preset: id }, TODAY)
  test('what fits', () => {
    expect([fitting(of('today')), fitting(of('30d')), fitting(of('12mo'))]).toEqual([['hour'], ['hour', 'day', 'week'], ['day', 'week', 'month']])
  })
  test('what is preferred', () => {
    expect([preferred(of('today'), 'week'), preferred(of('30d'), null), preferred(of('30d'), 'week'), preferred(of('12mo'), null)]).toEqual(['hour', 'day', 'week', 'week'])
  })
  test('buckets', () => {
    expect(buckets({ from: '2026-11-18', to: TODAY }, 'week')).toEqual(['2026-11-18', '2026-11-23'])
    expect(buckets({ from: '2026-10-26', to: TODAY }, 'month')).toEqual(['2026-10-26', '2026-11-01'])
    expect(buckets({ from: TODAY, to: TODAY }, 'hour')).toHaveLength(24)
  })
  test('phases', () => {
    const now = { date: TODAY, hour: 14, minute: 13 }
    const got = [
      phase('2026-11-24 13:00:00', 'hour', now),
      phase('2026-11-24 14:00:00', 'hour', now),
      phase('2026-11-24T15:00:00', 'hour', now),
      phase('2026-11-23', 'day', now),
      phase('2026-11-24', 'day', now),
      phase('2026-11-16', 'week', now),
      phase('2026-11-23', 'week', now),
      phase('2026-10-26', 'month', now),
      phase('2026-11-01', 'month', now),
      phase('2026-12-01', 'month', now),
    ]
    expect(got).toEqual(['past', 'open', 'future', 'past', 'open', 'past', 'open', 'past', 'open', 'future'])
  })
})
