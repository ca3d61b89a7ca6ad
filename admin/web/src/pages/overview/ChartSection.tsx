import type { UseQueryResult } from '@tanstack/react-query'
import { useMemo, type ReactElement } from 'react'
import { useStats } from '../../api/stats'
import type { QueryResponse } from '../../api/types'
import type { ChartLook } from '../../charts/options'
import { drawn, extremes, intervalNoun, toSeries, type Series } from '../../charts/series'
import { TimeChart } from '../../charts/TimeChart'
import { Problem } from '../../components/Problem'
import { Segments } from '../../components/Segments'
import { axisText, bucketText, rangeText } from '../../format/date'
import { axis, exact, keyFigures, metrics } from '../../format/metrics'
import { fitting, intervals } from '../../range/interval'
import { days } from '../../range/range'
import { ChartTable } from './ChartTable'
import { ChartTooltip } from './ChartTooltip'
import { comparedSeriesQuery } from './requests'
import type { Overview } from './useOverview'

interface ChartSectionProps {
  overview: Overview
  series: UseQueryResult<QueryResponse>
  /** nothingBefore leaves the compared range out, since a line of zeros is no comparison; null while that is not known. */
  nothingBefore: boolean | null
  /** retry asks for everything again that failed. */
  retry: () => void
}

export function ChartSection({ overview, series, nothingBefore, retry }: ChartSectionProps): ReactElement {
  const { state, range, interval, update } = overview
  const title = `${metrics[state.metric].label} ${intervalNoun(interval)}`
  const fits = intervals.filter((i) => fitting(range).includes(i.id))
  return (
    <section className="chart-wrap" aria-label={title}>
      <header className="chart-head">
        <h2>{title}</h2>
        {fits.length > 1 && (
          <Segments label="Interval" value={interval} options={fits} onChange={(by) => update({ interval: by })} />
        )}
        <button type="button" className="link" aria-pressed={state.asTable} onClick={() => update({ asTable: !state.asTable })}>
          {state.asTable ? 'Chart' : 'Table'}
        </button>
      </header>
      <div className="chart-body">
        <ChartBody overview={overview} series={series} nothingBefore={nothingBefore} retry={retry} />
      </div>
    </section>
  )
}

function ChartBody({ overview, series, nothingBefore, retry }: ChartSectionProps): ReactElement {
  const { state, scope, interval } = overview
  const before = useStats(comparedSeriesQuery(scope, state.metric, interval))
  const both = usePair(overview, series, nothingBefore === false ? before : null)
  const asked = before.isFetching && (!before.data || before.isPlaceholderData)
  const undecided = overview.compared !== null && (nothingBefore === null || (!nothingBefore && asked))
  if (series.isError && !series.data) {
    return <Problem error={series.error} retry={retry} retrying={series.isFetching} />
  }
  // A line may come later; columns of a table may not, since the others would move.
  if (!both || overview.deciding || (state.asTable && undecided)) return <div className="chart-skeleton" aria-hidden="true" />
  if (state.asTable) return <ChartTable overview={overview} current={both.current} previous={both.previous} />
  return <Drawing overview={overview} current={both.current} previous={both.previous} />
}

// The two answers as series; an answer to the question before is not drawn on new axes.
function usePair(
  overview: Overview,
  series: UseQueryResult<QueryResponse>,
  before: UseQueryResult<QueryResponse> | null,
): { current: Series; previous: Series | null } | null {
  const { state, interval, range, compared, now } = overview
  const answer = series.isPlaceholderData ? undefined : series.data
  const earlier = before?.isPlaceholderData ? undefined : before?.data
  return useMemo(() => {
    if (!answer) return null
    const column = keyFigures.indexOf(state.metric)
    const current = toSeries({ answer, column, metric: state.metric, interval, range, now })
    const previous = compared && earlier ? toSeries({ answer: earlier, column: 0, metric: state.metric, interval, range: compared, now }) : null
    return { current, previous }
  }, [answer, earlier, state.metric, interval, range, compared, now])
}

interface DrawingProps {
  overview: Overview
  current: Series
  previous: Series | null
}

function Drawing({ overview, current, previous }: DrawingProps): ReactElement {
  const { state, interval, range, site } = overview
  const data = useMemo(() => drawn(current, previous), [current, previous])
  const kind = metrics[state.metric].kind
  const look: ChartLook = {
    interval,
    count: current.points.length,
    axisX: (i) => (current.points[i] ? axisText(current.points[i].label, interval, days(range) === 1) : ''),
    axisY: (v) => axis(state.metric, v, site.currency),
    scale: kind === 'duration' ? 'seconds' : kind === 'count' ? 'count' : 'rate',
  }
  const identity = [state.metric, interval, range.from, range.to, current.points.length, site.currency].join()
  return (
    <TimeChart
      data={data}
      look={look}
      identity={identity}
      label={description(overview, current)}
      tooltip={(i) => <ChartTooltip overview={overview} current={current} previous={previous} index={i} />}
    />
  )
}

function description(overview: Overview, series: Series): string {
  const { state, interval, range, site } = overview
  const ends = extremes(series)
  const at = (label: string) => bucketText(label, interval, range)
  const named = `${metrics[state.metric].label} ${intervalNoun(interval)}, ${rangeText(range)}.`
  if (!ends) return `${named} The same figures stand in the table.`
  const high = `Highest ${exact(state.metric, ends.high.value, site.currency)} (${at(ends.high.label)})`
  const low = `lowest ${exact(state.metric, ends.low.value, site.currency)} (${at(ends.low.label)})`
  return `${named} ${high}, ${low}. The same figures stand in the table.`
}
