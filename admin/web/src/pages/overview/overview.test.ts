import { describe, expect, test } from 'vitest'
import type { Filter, QueryRequest, Row } from '../../api/types'
import { decode, encode, isChosen, put, toggle } from '../../filters/filters'
import { panels } from './panels'
import { asCurl, breakdownQuery, comparedSeriesQuery, detailsQuery, historyQuery, leadQuery, seriesQuery, suggestionsQuery, totalsQuery, type Scope } from './requests'
import { formatState, parseState } from './state'
import { visited } from './visited'
import { figure, wholeOf } from './whole'

const scope: Scope = {
  siteKey: 'nst_1',
  range: { from: '2026-10-26', to: '2026-11-24' },
  compared: { from: '2026-09-26', to: '2026-10-25' },
  filters: [['is', 'visit:country', ['DE']]],
  bots: false,
}

describe('state in the address', () => {
  test('nothing said is the default, and says nothing', () => {
    const state = parseState('')
    expect(state).toMatchObject({ choice: null, comparison: 'previous_period', metric: 'visitors', filters: [] })
    expect(formatState(state)).toBe('')
  })
  test.each([
    'range=today',
    'range=30d',
    'bots=in',
    'from=2026-11-01&to=2026-11-24',
    'compare=off&metric=revenue&by=week',
    'weekday=match&f=is,visit:country,DE,FR&f=contains,event:page,/blog/',
    'view=table&tab.sources=visit:utm_medium&details=visit:source',
    'f=is,visit:source,a%5C,b+%26+c',
  ])('%s survives', (query) => expect(formatState(parseState(query))).toBe(query))

  test('what is wrong falls back', () => {
    const state = parseState('range=9y&from=2026-13-01&to=x&metric=constructor&by=toString&compare=__proto__&f=drop,visit:country,DE&f=is,evil,x&details=javascript:1&tab.x=1')
    expect(formatState(state)).toBe('')
  })
  test('a range that ends before it begins is none', () => expect(parseState('from=2026-11-24&to=2026-11-01').choice).toBeNull())
})

describe('filters', () => {
  test.each<[Filter]>([
    [['is', 'visit:source', ['a,b', 'c\\d', '']]],
    [['contains_not', 'event:page', ['/x?y=&z', '<img src=x onerror=alert(1)>']]],
    [['is', 'event:props:Plan-1', ['ä 🌙']]],
  ])('%j is written and read back', (filter) => expect(decode(encode(filter))).toEqual(filter))

  test('a row is a switch', () => {
    const one = toggle([], 'visit:country', 'DE')
    expect(isChosen(one, 'visit:country', 'DE')).toBe(true)
    expect(toggle(one, 'visit:country', 'FR')).toEqual([['is', 'visit:country', ['FR']]])
    expect(toggle(one, 'visit:country', 'DE')).toEqual([])
  })
  test('putting', () => {
    const old: Filter[] = [['is', 'visit:os', ['iOS']]]
    expect(put(old, ['is_not', 'visit:os', ['iOS']], 0)).toEqual([['is_not', 'visit:os', ['iOS']]])
    expect(put(old, ['is', 'visit:city', []], null)).toEqual(old)
  })
})

describe('questions', () => {
  test('totals', () => {
    expect(totalsQuery(scope)).toEqual({
      site_id: 'nst_1',
      metrics: ['visitors', 'visits', 'pageviews', 'bounce_rate', 'visit_duration', 'sales', 'revenue', 'conversion_rate'],
      date_range: ['2026-10-26', '2026-11-24'],
      filters: [['is', 'visit:country', ['DE']]],
      include: { comparisons: { mode: 'custom', date_range: ['2026-09-26', '2026-10-25'] } },
    })
    expect(totalsQuery({ ...scope, compared: null, filters: [] })).not.toHaveProperty('include')
  })
  test('series', () => {
    expect(seriesQuery(scope, 'day')).toMatchObject({ dimensions: ['time:day'], order_by: [['time:day', 'asc']], include: { time_labels: true } })
    expect(comparedSeriesQuery(scope, 'sales', 'hour')).toMatchObject({ metrics: ['sales'], date_range: ['2026-09-26', '2026-10-25'], dimensions: ['time:hour'] })
    expect(comparedSeriesQuery({ ...scope, compared: null }, 'sales', 'day')).toBeNull()
  })
  test('breakdown', () => {
    expect(breakdownQuery(scope, 'event:page', ['visitors'])).toMatchObject({
      dimensions: ['event:page'], order_by: [['visitors', 'desc']], pagination: { limit: 7, offset: 0 }, include: { total_rows: true },
    })
  })
  test('details search countries by name and everything else by text', () => {
    const ask = { metrics: ['visitors'] as const, sort: { column: 'visits', descending: false }, offset: 50, limit: 50 }
    expect(detailsQuery(scope, { ...ask, dimension: 'visit:country', search: 'portug' }).filters).toContainEqual(['is', 'visit:country', ['PT']])
    expect(detailsQuery(scope, { ...ask, dimension: 'event:page', search: ' blog ' })).toMatchObject({
      filters: [['is', 'visit:country', ['DE']], ['contains', 'event:page', ['blog']]], order_by: [['visits', 'asc']], pagination: { limit: 50, offset: 50 },
    })
  })
  test('suggestions leave out the own filter', () => expect(suggestionsQuery(scope, 'visit:country', '')).not.toHaveProperty('filters'))
  test('an API call cannot break out of its quotes', () => {
    const text = asCurl({ ...totalsQuery(scope), filters: [['is', 'event:page', ["'; rm -rf / #"]]] }, 'https://noctra.example')
    expect(text).toContain(`["'\\''; rm -rf / #"]`)
    expect(text).toMatch(/^curl -sS 'https:\/\/noctra\.example\/api\/v1\/query'/)
  })
  test('visits without a campaign are no row of the campaigns, unless asked for', () => {
    const filters = (own: Filter[]) => breakdownQuery({ ...scope, filters: own }, 'visit:utm_campaign', ['visitors']).filters
    expect(filters([])).toEqual([['is_not', 'visit:utm_campaign', ['(not set)']]])
    expect(filters([['is', 'visit:utm_campaign', ['(not set)']]])).toEqual([['is', 'visit:utm_campaign', ['(not set)']]])
    expect(breakdownQuery({ ...scope, filters: [] }, 'visit:channel', ['visitors'])).not.toHaveProperty('filters')
  })
  test('sales are a row of their own', () => {
    const lead = { dimension: 'event:type', value: 'sale', metrics: ['visitors', 'sales'] as const }
    expect(leadQuery(scope, lead)).toEqual({
      site_id: 'nst_1',
      metrics: ['visitors', 'sales'],
      date_range: ['2026-10-26', '2026-11-24'],
      dimensions: ['event:type'],
      filters: [['is', 'visit:country', ['DE']], ['is', 'event:type', ['sale']]],
      include: { comparisons: { mode: 'custom', date_range: ['2026-09-26', '2026-10-25'] } },
    })
  })
  test('bots are counted in everywhere or nowhere', () => {
    const all = (s: Scope): (QueryRequest | null)[] => [
      totalsQuery(s),
      seriesQuery(s, 'day'),
      comparedSeriesQuery(s, 'visits', 'day'),
      breakdownQuery(s, 'visit:os', ['visitors']),
      leadQuery(s, panels.find((p) => p.lead)!.lead!),
      detailsQuery(s, { dimension: 'visit:os', metrics: ['visitors'], search: '', sort: { column: 'visitors', descending: true }, offset: 0, limit: 50 }),
      suggestionsQuery(s, 'visit:os', ''),
    ]
    expect(all({ ...scope, bots: true }).map((q) => q?.include?.bots)).toEqual(Array(7).fill(true))
    expect(all({ ...scope, compared: null }).filter((q) => q?.include && 'bots' in q.include)).toEqual([])
  })
  test('history is a year, without today', () => expect(historyQuery('nst_1', '2026-11-24')).toMatchObject({ date_range: ['2025-11-24', '2026-11-23'], include: { bots: true } }))
})

describe('what an answer tells', () => {
  const row = (name: string, metrics: Row['metrics'], comparison: Row['comparison'] = null): Row => ({ dimensions: [name], metrics, comparison })
  const totals = (comparison: Row['comparison']) => ({ rows: [row('', [7, 9, 12, 40, 30, 1, '5.00', 1], comparison)], timeLabels: null, totalRows: null, botEventsLeftOut: 3 })

  test.each([
    ['nothing compared', null, false],
    ['nothing before', [0, 0, 0, 0, null, 0, '0.00', 0], true],
    ['visits before', [1, 1, 0, 0, 0, 0, '0.00', 0], false],
    ['a refund before', [0, 0, 0, 0, null, 0, '-4.00', 0], true],
  ])('%s', (_, comparison, nothingBefore) => expect(wholeOf(totals(comparison))).toEqual({ visitors: 7, nothingBefore, botEventsLeftOut: 3 }))
  test('a rate of no visits is not known', () => {
    const idle = { ...totals(null), rows: [row('', [0, 0, 0, 0, null, 0, '-4.00', 0])] }
    const of = (answer: typeof idle) => (['visits', 'bounce_rate', 'visit_duration', 'revenue'] as const).map((m) => figure(answer, m))
    expect([of(idle), of(totals(null)), of({ ...idle, rows: [] })]).toEqual([[0, null, null, '-4.00'], [9, 40, 30, '5.00'], [0, null, null, 0]])
  })
  test('no answer', () => expect(wholeOf(undefined)).toEqual({ visitors: 0, nothingBefore: false, botEventsLeftOut: null }))

  test('rows that nobody visited are left out, sales without visitors are not', () => {
    const goals = panels.find((p) => p.id === 'goals')!
    const rows = [row('Signup', [4, 5]), row('(not set)', [0, 9])]
    const names = (lead: Row[]) => visited(goals, 'event:goal', rows, lead).map((e) => `${e.dimension} ${e.row.dimensions[0]}`)
    expect(names([row('sale', [0, 3])])).toEqual(['event:type sale', 'event:goal Signup'])
    expect(names([row('sale', [0, 0])])).toEqual(['event:goal Signup'])
  })
})
