// The state of the overview is the address: everything that a person chose stands in the
// query string, defaults left out, so that a view can be kept, shared and gone back to.
import type { Filter, Metric } from '../../api/types'
import { decode, encode } from '../../filters/filters'
import { keyFigures } from '../../format/metrics'
import { parseChoice, putChoice } from '../../range/address'
import { intervals, type Interval } from '../../range/interval'
import { comparisons, type Comparison, type RangeChoice } from '../../range/range'

export interface OverviewState {
  /** choice is null where the address names no range: then the default holds. */
  choice: RangeChoice | null
  comparison: Comparison
  matchWeekday: boolean
  metric: Metric
  interval: Interval | null
  filters: Filter[]
  /** bots tells whether the events of bots are counted in. */
  bots: boolean
  asTable: boolean
  /** tabs: panel id → dimension, where it is not the panel's first. */
  tabs: Record<string, string>
  /** details is the dimension whose rows stand in the dialog. */
  details: string | null
}

export function parseState(search: string): OverviewState {
  const q = new URLSearchParams(search)
  const metric = q.get('metric') as Metric
  const interval = q.get('by') as Interval
  const comparison = q.get('compare') as Comparison
  return {
    choice: parseChoice(q),
    comparison: comparisons.some((c) => c.id === comparison) ? comparison : 'previous_period',
    matchWeekday: q.get('weekday') === 'match',
    metric: keyFigures.includes(metric) ? metric : 'visitors',
    interval: intervals.some((i) => i.id === interval) ? interval : null,
    filters: q.getAll('f').map(decode).filter((f) => f !== null),
    bots: q.get('bots') === 'in',
    asTable: q.get('view') === 'table',
    tabs: parseTabs(q),
    details: dimensionOrNull(q.get('details')),
  }
}

function parseTabs(q: URLSearchParams): Record<string, string> {
  const out: Record<string, string> = {}
  for (const [key, value] of q) {
    const panel = /^tab\.([a-z]+)$/.exec(key)?.[1]
    const dimension = dimensionOrNull(value)
    if (panel && dimension) out[panel] = dimension
  }
  return out
}

function dimensionOrNull(text: string | null): string | null {
  return text !== null && /^(visit|event):[a-z_]+$/.test(text) ? text : null
}

export function formatState(state: OverviewState): string {
  const q = new URLSearchParams()
  putChoice(q, state.choice)
  if (state.comparison !== 'previous_period') q.set('compare', state.comparison)
  if (state.matchWeekday) q.set('weekday', 'match')
  if (state.metric !== 'visitors') q.set('metric', state.metric)
  if (state.interval) q.set('by', state.interval)
  for (const f of state.filters) q.append('f', encode(f))
  if (state.bots) q.set('bots', 'in')
  if (state.asTable) q.set('view', 'table')
  for (const [panel, dimension] of Object.entries(state.tabs)) q.set(`tab.${panel}`, dimension)
  if (state.details) q.set('details', state.details)
  return readable(q.toString())
}

// Colons, commas and slashes are allowed in a query and read better unescaped.
function readable(query: string): string {
  return query.replace(/%3A/g, ':').replace(/%2C/g, ',').replace(/%2F/g, '/')
}
