import { describe, expect, test } from 'vitest'
import { firstVisit, makeVisits } from './model'
import { answer } from './query'

const now = { date: '2026-11-24', hour: 14, minute: 13 }
const visits = makeVisits(now, false)
const month = ['2026-10-26', '2026-11-24'] as [string, string]

interface Answer {
  results: { dimensions: string[]; metrics: (number | string | null)[] }[]
  meta: { bot_events_left_out?: number }
}

const ask = (query: Partial<Parameters<typeof answer>[1]>) => answer(visits, { metrics: ['visitors', 'events'], date_range: month, ...query }) as Answer
const row = (query: Parameters<typeof ask>[0], name: string) => ask(query).results.find((r) => r.dimensions[0] === name)?.metrics

describe('the stand-in counts as the service does', () => {
  test('bots are counted apart, and in when asked for', () => {
    const without = ask({})
    const bots = without.meta.bot_events_left_out ?? 0
    const inside = ask({ include: { bots: true } })
    expect(bots).toBeGreaterThan(1000)
    expect(inside.meta).not.toHaveProperty('bot_events_left_out')
    expect(Number(inside.results[0]?.metrics[1])).toBe(Number(without.results[0]?.metrics[1]) + bots)
  })
  test('refunds are money, and nobody', () => {
    const refunds = row({ dimensions: ['visit:channel'], metrics: ['visitors', 'visits', 'events', 'revenue'] }, '(not set)')
    expect(refunds).toEqual([0, 0, expect.any(Number), expect.stringMatching(/^-/)])
  })
  test('types of events add up to all of them', () => {
    const types = ask({ dimensions: ['event:type'] }).results
    expect(types.map((r) => r.dimensions[0]).sort()).toEqual(['goal', 'pageview', 'refund', 'sale'])
    expect(types.reduce((sum, r) => sum + Number(r.metrics[1]), 0)).toBe(ask({}).results[0]?.metrics[1])
    expect(row({ dimensions: ['event:type'], metrics: ['events'], filters: [['is', 'event:type', ['sale']]] }, 'sale')).toEqual(ask({ metrics: ['sales'] }).results[0]?.metrics)
  })
  test('a first visit is one', () => {
    expect(answer([firstVisit(now)], { metrics: ['visitors', 'pageviews'], date_range: ['2026-11-24', '2026-11-24'] }, 1)).toMatchObject({ results: [{ metrics: [1, 1] }] })
  })
})
