import type { ReactElement } from 'react'
import type { Series } from '../../charts/series'
import { Delta } from '../../components/Delta'
import { bucketText } from '../../format/date'
import { change, exact, metrics } from '../../format/metrics'
import type { Overview } from './useOverview'

interface ChartTooltipProps {
  overview: Overview
  current: Series
  previous: Series | null
  index: number
}

export function ChartTooltip({ overview, current, previous, index }: ChartTooltipProps): ReactElement | null {
  const { state, site, interval } = overview
  const point = current.points[index]
  const before = previous?.points[index]
  if (!point) return null
  const open = point.phase === 'open'
  return (
    <>
      <b>
        {bucketText(point.label, interval, current.range)}
        {open && <small> so far</small>}
      </b>
      {point.phase !== 'future' && (
        <span>
          <i className={open ? 'k open' : 'k'} />
          {metrics[state.metric].label}
          <em>{exact(state.metric, point.value, site.currency)}</em>
        </span>
      )}
      {before && previous && (
        <span className="dim">
          <i className="k prev" />
          {bucketText(before.label, interval, { ...previous.range, to: overview.now.date })}
          <em>{exact(state.metric, before.value, site.currency)}</em>
        </span>
      )}
      {before && !open && point.phase === 'past' && <Delta change={change(state.metric, point.value, before.value)} />}
    </>
  )
}
