// What the totals tell to the other parts of the page.
import type { Metric, QueryResponse, Value } from '../../api/types'
import { keyFigures, metrics, numeric } from '../../format/metrics'

export interface Whole {
  /** visitors of the whole range: the whole of every share. */
  visitors: number
  /** nothingBefore tells that the compared range has no visit at all: there is nothing to compare with. */
  nothingBefore: boolean
  /** botEventsLeftOut is null while it is not known, and where bots are counted in. */
  botEventsLeftOut: number | null
}

/** wholeOf reads the totals' answer; without one, nothing is known. */
export function wholeOf(totals: QueryResponse | undefined): Whole {
  const row = totals?.rows[0]
  const before = row?.comparison
  const none = (metric: 'visits' | 'pageviews') => (numeric(before?.[keyFigures.indexOf(metric)]) ?? 0) === 0
  return {
    visitors: numeric(row?.metrics[keyFigures.indexOf('visitors')]) ?? 0,
    nothingBefore: Boolean(before) && none('visits') && none('pageviews'),
    botEventsLeftOut: totals?.botEventsLeftOut ?? null,
  }
}

/** figure is a key figure of the totals. A rate or a duration of no visits is not known. */
export function figure(totals: QueryResponse, metric: Metric): Value {
  const value = (of: Metric) => totals.rows[0]?.metrics[keyFigures.indexOf(of)] ?? null
  const kind = metrics[metric].kind
  if (kind === 'count' || kind === 'money') return value(metric) ?? 0
  return numeric(value('visits')) ? value(metric) : null
}
