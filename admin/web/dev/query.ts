// Answers report queries from the made-up visits, in the shape of the real service.
import { startOfMonth, startOfWeek } from '../src/range/date'
import { buckets, type Interval } from '../src/range/interval'
import type { Visit } from './model'

/** One made-up visit stands for so many, to have figures of a lively shop. */
const WEIGHT = 13

interface Query {
  metrics: string[]
  date_range: [string, string]
  dimensions?: string[]
  filters?: [string, string, string[]][]
  order_by?: [string, string][]
  include?: { time_labels?: boolean; total_rows?: boolean; comparisons?: { date_range: [string, string] } }
  pagination?: { limit: number; offset: number }
}

type Group = { visits: Visit[]; hits: number }

export function answer(visits: readonly Visit[], query: Query): unknown {
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
  }
  return { results, meta, query }
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
  const measured = [...groups].map(([key, group]) => [key, query.metrics.map((m) => measure(m, group, dimension))] as const)
  return new Map(measured)
}

function keysOf(visit: Visit, dimension: string | undefined, from: string): [string, number][] {
  if (!dimension) return [['', visit.pages.length]]
  if (dimension.startsWith('time:')) return [[timeKey(visit, dimension.slice(5), from), visit.pages.length]]
  const values = valuesOf(visit, dimension)
  return [...new Set(values)].map((v) => [v, values.filter((x) => x === v).length])
}

function timeKey(visit: Visit, unit: string, from: string): string {
  if (unit === 'hour') return `${visit.date} ${String(Math.floor(visit.minute / 60)).padStart(2, '0')}:00:00`
  const start = unit === 'week' ? startOfWeek(visit.date) : unit === 'month' ? startOfMonth(visit.date) : visit.date
  return start < from ? from : start
}

function valuesOf(visit: Visit, dimension: string): string[] {
  if (dimension === 'event:page') return visit.pages
  if (dimension === 'event:goal') return visit.goals
  const value = visit.at[dimension]
  // Visits without a campaign are no row of the campaigns.
  return value === undefined || (value === '' && dimension.startsWith('visit:utm_')) ? [] : [value]
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

function measure(metric: string, { visits, hits }: Group, dimension?: string): number | string | null {
  const n = visits.length
  const distinct = (list: readonly Visit[]) => new Set(list.map((v) => v.visitor)).size
  const sum = (of: (v: Visit) => number) => visits.reduce((total, v) => total + of(v), 0)
  const pageviews = dimension === 'event:page' ? hits : sum((v) => v.pages.length)
  switch (metric) {
    case 'visitors':
      return distinct(visits) * WEIGHT
    case 'visits':
      return n * WEIGHT
    case 'pageviews':
      return pageviews * WEIGHT
    case 'events':
      return (dimension === 'event:goal' ? hits : pageviews + sum((v) => v.goals.length)) * WEIGHT
    case 'bounce_rate':
      return n === 0 ? 0 : Math.round((sum((v) => (v.pages.length === 1 ? 1 : 0)) / n) * 10_000) / 100
    case 'visit_duration':
      return n === 0 ? 0 : Math.round(sum((v) => v.seconds) / n)
    case 'sales':
      return sum((v) => (v.saleMicros > 0 ? 1 : 0)) * WEIGHT
    case 'revenue':
      return decimal(sum((v) => v.saleMicros) * WEIGHT)
    case 'conversion_rate':
      return n === 0 ? 0 : Math.round((distinct(visits.filter((v) => v.saleMicros > 0)) / distinct(visits)) * 10_000) / 100
    default:
      return null
  }
}

function decimal(micros: number): string {
  return `${Math.floor(micros / 1e6)}.${String(Math.round((micros % 1e6) / 1e4)).padStart(2, '0')}`
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

