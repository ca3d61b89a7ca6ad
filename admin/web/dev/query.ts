// Answers report queries from the made-up visits, in the shape of the real service.
import { startOfMonth, startOfWeek } from '../src/range/date'
import { buckets, type Interval } from '../src/range/interval'
import type { Visit } from './model'

const NOT_SET = '(not set)'

/** One made-up visit stands for so many, to have figures of a lively shop. */
export const WEIGHT = 13

interface Query {
  metrics: string[]
  date_range: [string, string]
  dimensions?: string[]
  filters?: [string, string, string[]][]
  order_by?: [string, string][]
  include?: { bots?: boolean; time_labels?: boolean; total_rows?: boolean; comparisons?: { date_range: [string, string] } }
  pagination?: { limit: number; offset: number }
  weight: number
}

type Group = { visits: Visit[]; hits: number }

/** answer answers a query from visits, each of which counts as often as weight says. */
export function answer(all: readonly Visit[], asked: Omit<Query, 'weight'>, weight = WEIGHT): unknown {
  const query: Query = { ...asked, weight }
  const withBots = query.include?.bots === true
  const visits = withBots ? all : all.filter((v) => !v.bot)
  const dimension = query.dimensions?.[0]
  const rows = table(visits, query, query.date_range, dimension)
  const before = query.include?.comparisons && table(visits, query, query.include.comparisons.date_range, dimension)
  const sorted = sort([...rows.entries()], query)
  const { limit, offset } = query.pagination ?? { limit: 10_000, offset: 0 }
  const results = sorted.slice(offset, offset + limit).map(([key, metrics]) => {
    const comparison = before ? { metrics: before.get(key) ?? zeros(query.metrics) } : undefined
    return { dimensions: dimension ? [key] : [], metrics, ...(comparison ? { comparison } : {}) }
  })
  const meta = {
    ...(query.include?.time_labels && dimension ? { time_labels: labels(query.date_range, dimension) } : {}),
    ...(query.include?.total_rows ? { total_rows: sorted.length } : {}),
    ...(withBots ? {} : { bot_events_left_out: botEvents(all, query.date_range) * weight }),
  }
  return { results, meta, query: asked }
}

// Of the range, whatever the filters.
function botEvents(all: readonly Visit[], [from, to]: [string, string]): number {
  return sum(all, (v) => (v.bot && v.date >= from && v.date <= to ? v.pages.length : 0))
}

function labels([from, to]: [string, string], dimension: string): string[] {
  return buckets({ from, to }, dimension.replace('time:', '') as Interval)
}

function table(visits: readonly Visit[], query: Query, [from, to]: [string, string], dimension?: string): Map<string, unknown[]> {
  const groups = new Map<string, Group>()
  if (!dimension) groups.set('', { visits: [], hits: 0 })
  // A filter on the dimension itself is about its rows, not about whole visits.
  const own = (query.filters ?? []).filter(([, d]) => d === dimension)
  for (const visit of visits) {
    if (visit.date < from || visit.date > to || !(query.filters ?? []).every((f) => passes(visit, f))) continue
    for (const [key, hits] of keysOf(visit, dimension, from)) {
      if (dimension && !own.every((f) => matches([key], f))) continue
      const group = groups.get(key) ?? { visits: [], hits: 0 }
      group.visits.push(visit)
      group.hits += hits
      groups.set(key, group)
    }
  }
  const measured = [...groups].map(([key, group]) => [key, query.metrics.map((m) => measure(m, group, { dimension, weight: query.weight }))] as const)
  return new Map(measured)
}

function keysOf(visit: Visit, dimension: string | undefined, from: string): [string, number][] {
  if (!dimension) return [['', visit.pages.length]]
  if (dimension.startsWith('time:')) return [[timeKey(visit, dimension.slice(5), from), visit.pages.length]]
  const values = valuesOf(visit, dimension)
  const none = dimension === 'event:page' && visit.pages.length === 0
  return [...new Set(values)].map((v) => [v, none ? 0 : values.filter((x) => x === v).length])
}

function timeKey(visit: Visit, unit: string, from: string): string {
  if (unit === 'hour') return `${visit.date} ${String(Math.floor(visit.minute / 60)).padStart(2, '0')}:00:00`
  const start = unit === 'week' ? startOfWeek(visit.date) : unit === 'month' ? startOfMonth(visit.date) : visit.date
  return start < from ? from : start
}

function valuesOf(visit: Visit, dimension: string): string[] {
  if (dimension === 'event:page') return visit.pages.length > 0 ? visit.pages : [NOT_SET]
  if (dimension === 'event:goal') return visit.goals
  if (dimension === 'event:type') return typesOf(visit)
  const value = visit.at[dimension]
  if (value === undefined) return []
  return [value || (dimension === 'visit:source' || dimension === 'visit:referrer' ? 'Direct / None' : NOT_SET)]
}

function typesOf(visit: Visit): string[] {
  const sale = visit.saleMicros > 0 ? ['sale'] : []
  const refund = visit.refundMicros > 0 ? ['refund'] : []
  return [...visit.pages.map(() => 'pageview'), ...visit.goals.map(() => 'goal'), ...sale, ...refund]
}

function passes(visit: Visit, filter: [string, string, string[]]): boolean {
  return matches(valuesOf(visit, filter[1]), filter)
}

function matches(values: readonly string[], [operator, , wanted]: [string, string, string[]]): boolean {
  const has = operator.startsWith('contains')
    ? values.some((v) => wanted.some((w) => v.toLowerCase().includes(w.toLowerCase())))
    : values.some((v) => wanted.includes(v))
  return /_?not$/.test(operator) ? !has : has
}

function measure(metric: string, group: Group, { dimension, weight }: { dimension: string | undefined; weight: number }): number | string | null {
  const visits = group.visits.filter((v) => v.pages.length > 0)
  const n = visits.length
  const visitors = distinct(visits)
  const pageviews = dimension === 'event:page' ? group.hits : sum(visits, (v) => v.pages.length)
  const ratio = (part: number, whole: number) => (whole === 0 ? 0 : Math.round((part / whole) * 10_000) / 100)
  switch (metric) {
    case 'visitors':
      return visitors * weight
    case 'visits':
      return n * weight
    case 'pageviews':
      return pageviews * weight
    case 'events':
      return events(group, pageviews, dimension) * weight
    case 'bounce_rate':
      return ratio(sum(visits, (v) => (v.pages.length === 1 ? 1 : 0)), n)
    case 'visit_duration':
      return n === 0 ? null : Math.round(sum(visits, (v) => v.seconds) / n)
    case 'sales':
      return sum(visits, (v) => (v.saleMicros > 0 ? 1 : 0)) * weight
    case 'revenue':
      return decimal(sum(group.visits, (v) => v.saleMicros - v.refundMicros) * weight)
    case 'conversion_rate':
      return ratio(distinct(visits.filter((v) => v.saleMicros > 0)), visitors)
    default:
      return null
  }
}

function events({ visits, hits }: Group, pageviews: number, dimension?: string): number {
  if (dimension === 'event:goal' || dimension === 'event:type') return hits
  return pageviews + sum(visits, (v) => typesOf(v).filter((type) => type !== 'pageview').length)
}

function distinct(visits: readonly Visit[]): number {
  return new Set(visits.map((v) => v.visitor)).size
}

function sum(visits: readonly Visit[], of: (v: Visit) => number): number {
  return visits.reduce((total, v) => total + of(v), 0)
}

function decimal(micros: number): string {
  const size = Math.abs(micros)
  return `${micros < 0 ? '-' : ''}${Math.floor(size / 1e6)}.${String(Math.round((size % 1e6) / 1e4)).padStart(2, '0')}`
}

function zeros(metrics: readonly string[]): (number | string)[] {
  return metrics.map((m) => (m === 'revenue' ? '0' : 0))
}

function sort(rows: [string, unknown[]][], query: Query): [string, unknown[]][] {
  const [column = query.metrics[0], direction = 'desc'] = query.order_by?.[0] ?? []
  const i = query.metrics.indexOf(column ?? '')
  const sign = direction === 'desc' ? -1 : 1
  return rows.sort((a, b) => {
    const by = i < 0 ? a[0].localeCompare(b[0]) : Number(a[1][i]) - Number(b[1][i])
    return by * sign || a[0].localeCompare(b[0])
  })
}

