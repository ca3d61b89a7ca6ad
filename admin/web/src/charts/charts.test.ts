import { describe, expect, test } from 'vitest'
import { sparkPoints } from '../components/Sparkline'
import { lines, niceScale } from './scale'
import { drawn, extremes, lone, ticks, toSeries } from './series'

const now = { date: '2026-11-24', hour: 14, minute: 0 }
const range = { from: '2026-11-22', to: '2026-11-24' }
const row = (day: string, value: number) => ({ dimensions: [day], metrics: [value], comparison: null })

describe('series', () => {
  const answer = { rows: [row('2026-11-22', 10), row('2026-11-24', 4)], timeLabels: ['2026-11-22', '2026-11-23', '2026-11-24'], totalRows: null, botEventsLeftOut: null }
  const series = toSeries({ answer, column: 0, metric: 'visitors', interval: 'day', range, now })
  test('days without rows are zero, today is open', () => {
    expect(series.points.map((p) => [p.value, p.phase])).toEqual([[10, 'past'], [0, 'past'], [4, 'open']])
  })
  test('a rate of nobody is no zero', () => {
    expect(toSeries({ answer, column: 0, metric: 'bounce_rate', interval: 'day', range, now }).points.map((p) => p.value)).toEqual([10, null, 4])
  })
  test('what no line shows is a dot', () => expect(lone([1, null, 2, 3, null, 4])).toEqual([0, 5]))
  test('the open part joins the last closed point', () => {
    expect(drawn(series, null)).toEqual({ positions: [0, 1, 2], closed: [10, 0, null], open: [null, 0, 4], previous: [null, null, null] })
  })
  test('what has not begun is no zero', () => {
    const hours = toSeries({ answer: { rows: [row('2026-11-24T13:00', 3)], timeLabels: null, totalRows: null, botEventsLeftOut: null }, column: 0, metric: 'visitors', interval: 'hour', range: { from: '2026-11-24', to: '2026-11-24' }, now })
    expect(hours.points.slice(12, 17).map((p) => p.value)).toEqual([0, 3, 0, null, null])
  })
  test('extremes leave out what is open', () => expect(extremes(series)).toMatchObject({ high: { value: 10 }, low: { value: 0 } }))
})

describe('axes', () => {
  test.each([
    [1131, 'count', [0, 250, 500, 750, 1000, 1250]],
    [2900, 'count', [0, 1000, 2000, 3000]],
    [3, 'count', [0, 1, 2, 3]],
    [1, 'count', [0, 1, 2, 3, 4]],
    [2, 'count', [0, 1, 2, 3, 4]],
    [7, 'count', [0, 2, 4, 6, 8]],
    [0, 'count', [0, 1, 2, 3, 4]],
    [150, 'seconds', [0, 60, 120, 180]],
    [1.51, 'rate', [0, 0.5, 1, 1.5, 2]],
    [41.2, 'rate', [0, 10, 20, 30, 40, 50]],
  ] as const)('up to %s %s', (high, kind, want) => expect(lines(niceScale(0, high, kind))).toEqual(want))
  test('covers every value', () => {
    for (let high = 0.003; high < 1e9; high *= 1.37) {
      const scale = niceScale(-high / 3, high, 'rate')
      expect(scale.high).toBeGreaterThanOrEqual(high)
      expect(scale.low).toBeLessThanOrEqual(-high / 3)
      expect(lines(scale).length).toBeLessThanOrEqual(8)
    }
  })
  test('labels have room', () => {
    expect(ticks(30, 'day', 1000, 76)).toHaveLength(10)
    expect(ticks(24, 'hour', 300, 76)).toEqual([0, 8, 16])
    expect(ticks(1, 'hour', 300, 76)).toEqual([0])
    expect(ticks(53, 'week', 1068, 76).at(-1)).toBe(48)
  })
})

test('sparklines', () => {
  expect(sparkPoints([1])).toBe('')
  expect(sparkPoints([0, null, 10])).toBe('0.0,21.0 96.0,3.0')
  expect(sparkPoints(Array.from({ length: 700 }, (_, i) => i)).split(' ').length).toBeLessThanOrEqual(48)
})
