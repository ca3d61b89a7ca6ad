// The eight key figures: at once the summary and the switch of the chart below.
import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactElement } from 'react'
import type { Metric, QueryResponse } from '../../api/types'
import { Delta } from '../../components/Delta'
import { Problem } from '../../components/Problem'
import { Skeleton } from '../../components/Skeleton'
import { Sparkline } from '../../components/Sparkline'
import { toSeries } from '../../charts/series'
import { NONE } from '../../format/number'
import { changeFrom, exact, keyFigures, metrics, numeric, short } from '../../format/metrics'
import type { Overview } from './useOverview'
import { figure } from './whole'

interface KeyFiguresProps {
  overview: Overview
  totals: UseQueryResult<QueryResponse>
  series: UseQueryResult<QueryResponse>
  nothingBefore: boolean
}

export function KeyFigures({ overview, totals, series, nothingBefore }: KeyFiguresProps): ReactElement {
  const failed = totals.isError && !totals.data
  // When both fail, the chart's place says so once, and the cards keep still; also until it is known.
  if (failed && series.data) {
    return (
      <section className="cards failed" aria-label="Key figures">
        <Problem error={totals.error} retry={() => void totals.refetch()} retrying={totals.isFetching} />
      </section>
    )
  }
  return (
    <section className={`cards${totals.isPlaceholderData ? ' stale' : ''}`} aria-label="Key figures" aria-busy={totals.isFetching && !totals.data}>
      {keyFigures.map((metric) => (
        <Card
          key={metric}
          metric={metric}
          overview={overview}
          totals={totals.data}
          failed={failed}
          nothingBefore={nothingBefore}
          spark={series.data && !series.isPlaceholderData ? sparkValues(series.data, metric, overview) : null}
        />
      ))}
    </section>
  )
}

// What is not over would pull the end down; it counts where there is nothing before it.
function sparkValues(answer: QueryResponse, metric: Metric, overview: Overview): (number | null)[] {
  const { interval, range, now } = overview
  const points = toSeries({ answer, column: keyFigures.indexOf(metric), metric, interval, range, now }).points
  const past = points.filter((p) => p.phase === 'past').map((p) => numeric(p.value))
  return past.filter((v) => v !== null).length > 1 && past.some((v) => v) ? past : points.map((p) => numeric(p.value))
}

interface CardProps {
  metric: Metric
  overview: Overview
  totals: QueryResponse | undefined
  failed: boolean
  nothingBefore: boolean
  spark: (number | null)[] | null
}

function Card({ metric, overview, totals, failed, nothingBefore, spark }: CardProps): ReactElement {
  const { state, site, update, compared } = overview
  const column = keyFigures.indexOf(metric)
  const row = totals?.rows[0]
  const value = totals && figure(totals, metric)
  const info = metrics[metric]
  const on = state.metric === metric
  return (
    <button
      type="button"
      className={on ? 'card on' : 'card'}
      aria-pressed={on}
      title={row ? `${info.hint}: ${exact(metric, value, site.currency)}` : info.hint}
      onClick={() => update({ metric })}
    >
      <span className="label">{info.label}</span>
      <span className="value">{totals ? short(metric, value, site.currency) : failed ? NONE : <Skeleton width={62} />}</span>
      {compared && totals ? (
        <Delta change={changeFrom(metric, value, row?.comparison?.[column], nothingBefore)} />
      ) : (
        <span className="delta">{compared && !failed && <Skeleton width={38} />}</span>
      )}
      <Sparkline values={spark ?? []} />
    </button>
  )
}
