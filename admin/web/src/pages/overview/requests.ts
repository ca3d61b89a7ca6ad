// The questions that the overview asks, made from its state. Pure: tested without a page.
import type { Filter, Metric, QueryRequest } from '../../api/types'
import { addDays, addMonths, type PlainDate } from '../../range/date'
import type { Interval } from '../../range/interval'
import type { Range } from '../../range/range'
import { keyFigures } from '../../format/metrics'
import { countryCodes, NOT_SET } from '../../format/names'
import type { Lead } from './panels'

export interface Scope {
  siteKey: string
  range: Range
  compared: Range | null
  filters: readonly Filter[]
  /** bots counts the events of bots in. */
  bots: boolean
}

type Include = NonNullable<QueryRequest['include']>

export const PANEL_ROWS = 7
export const DETAIL_ROWS = 50
const MOST_BUCKETS = 10_000

function base(scope: Scope, metrics: readonly Metric[], include: Include = {}): QueryRequest {
  const query: QueryRequest = {
    site_id: scope.siteKey,
    metrics: [...metrics],
    date_range: [scope.range.from, scope.range.to],
  }
  if (scope.filters.length > 0) query.filters = [...scope.filters]
  const all = scope.bots ? { ...include, bots: true } : include
  if (Object.keys(all).length > 0) query.include = all
  return query
}

function comparing(scope: Scope): Include {
  if (!scope.compared) return {}
  return { comparisons: { mode: 'custom', date_range: [scope.compared.from, scope.compared.to] } }
}

/** historyQuery asks whether anything happened before today, within a year, by whomever. */
export function historyQuery(siteKey: string, today: PlainDate): QueryRequest {
  return { site_id: siteKey, metrics: ['events'], date_range: [addMonths(today, -12), addDays(today, -1)], include: { bots: true } }
}

/** totalsQuery asks for the key figures of the range and of the compared one. */
export function totalsQuery(scope: Scope): QueryRequest {
  return base(scope, keyFigures, comparing(scope))
}

/** seriesQuery asks for all key figures over time: the chart and every sparkline. */
export function seriesQuery(scope: Scope, interval: Interval): QueryRequest {
  return overTime(scope, keyFigures, interval)
}

/** comparedSeriesQuery asks for one figure over the compared range; null without comparison. */
export function comparedSeriesQuery(scope: Scope, metric: Metric, interval: Interval): QueryRequest | null {
  return scope.compared ? overTime({ ...scope, range: scope.compared }, [metric], interval) : null
}

function overTime(scope: Scope, metrics: readonly Metric[], interval: Interval): QueryRequest {
  const dimension = `time:${interval}`
  return {
    ...base(scope, metrics, { time_labels: true }),
    dimensions: [dimension],
    order_by: [[dimension, 'asc']],
    pagination: { limit: MOST_BUCKETS, offset: 0 },
  }
}

/** breakdownQuery asks for a panel's first rows. */
export function breakdownQuery(scope: Scope, dimension: string, metrics: readonly Metric[]): QueryRequest {
  const filters = [...scope.filters, ...named(scope.filters, dimension)]
  return {
    ...base({ ...scope, filters }, metrics, { total_rows: true, ...comparing(scope) }),
    dimensions: [dimension],
    order_by: [[metrics[0] ?? 'visitors', 'desc']],
    pagination: { limit: PANEL_ROWS, offset: 0 },
  }
}

// Most visits have no campaign, and without a city-level file none has a city: such rows say
// nothing in a panel. The details have them.
function named(filters: readonly Filter[], dimension: string): Filter[] {
  const asked = filters.some(([, d]) => d === dimension)
  return !asked && /^visit:(utm_[a-z]+|region|city)$/.test(dimension) ? [['is_not', dimension, [NOT_SET]]] : []
}

/** leadQuery asks for the row that stands above a panel's others. */
export function leadQuery(scope: Scope, lead: Lead): QueryRequest {
  const filters: Filter[] = [...scope.filters, ['is', lead.dimension, [lead.value]]]
  return { ...base({ ...scope, filters }, lead.metrics, comparing(scope)), dimensions: [lead.dimension] }
}

export interface DetailsAsk {
  dimension: string
  metrics: readonly Metric[]
  search: string
  sort: { column: string; descending: boolean }
  offset: number
  limit: number
}

/** detailsQuery asks for a page of all rows of a dimension, searched and sorted. */
export function detailsQuery(scope: Scope, ask: DetailsAsk): QueryRequest {
  const filters = [...scope.filters, ...searching(ask.dimension, ask.search)]
  return {
    ...base({ ...scope, filters }, ask.metrics, { total_rows: true, ...comparing(scope) }),
    dimensions: [ask.dimension],
    order_by: [[ask.sort.column, ask.sort.descending ? 'desc' : 'asc']],
    pagination: { limit: ask.limit, offset: ask.offset },
  }
}

// Countries are stored as codes and looked for by name.
function searching(dimension: string, typed: string): Filter[] {
  const text = typed.trim()
  if (!text) return []
  const codes = dimension === 'visit:country' ? countryCodes(text) : []
  return codes.length > 0 ? [['is', dimension, codes]] : [['contains', dimension, [text]]]
}

/** suggestionsQuery asks which values of a dimension there are for what was typed. */
export function suggestionsQuery(scope: Scope, dimension: string, typed: string): QueryRequest {
  const others = scope.filters.filter(([, dim]) => dim !== dimension)
  const filters = [...others, ...searching(dimension, typed)]
  return {
    ...base({ ...scope, filters }, ['visitors']),
    dimensions: [dimension],
    order_by: [['visitors', 'desc']],
    pagination: { limit: 12, offset: 0 },
  }
}

/** asCurl writes a query as a shell command; single quotes cannot end the argument. */
export function asCurl(query: QueryRequest, origin: string): string {
  const body = JSON.stringify(query).replace(/'/g, `'\\''`)
  return [
    `curl -sS '${origin}/api/v1/query'`,
    `-H 'Authorization: Bearer YOUR_API_KEY'`,
    `-H 'Content-Type: application/json'`,
    `--data '${body}'`,
  ].join(' \\\n  ')
}
