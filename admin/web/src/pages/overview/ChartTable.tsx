import { useMemo, type ReactElement } from 'react'
import type { Point, Series } from '../../charts/series'
import { DataTable, type Column } from '../../components/DataTable'
import { Delta } from '../../components/Delta'
import { csv, download } from '../../export/csv'
import { bucketText } from '../../format/date'
import { change, exact, metrics } from '../../format/metrics'
import { asCell } from './exportRows'
import type { Overview } from './useOverview'

interface ChartTableProps {
  overview: Overview
  current: Series
  previous: Series | null
}

interface Pair {
  point: Point
  before: Point | undefined
}

/** ChartTable is the chart's twin: the same points as rows, newest first. */
export function ChartTable({ overview, current, previous }: ChartTableProps): ReactElement {
  const { state, site, interval, now } = overview
  const rows = useMemo(
    () => current.points.map((point, i): Pair => ({ point, before: previous?.points[i] })).filter((p) => p.point.phase !== 'future').reverse(),
    [current, previous],
  )
  const columns = useMemo((): Column<Pair>[] => {
    const value = (p: Point | undefined) => exact(state.metric, p?.value, site.currency)
    const own: Column<Pair>[] = [
      {
        id: 'time',
        header: 'Time',
        cell: ({ point }) => bucketText(point.label, interval, current.range) + (point.phase === 'open' ? ' so far' : ''),
      },
      { id: 'value', header: metrics[state.metric].label, cell: ({ point }) => value(point) },
    ]
    if (!previous) return own
    return [
      ...own,
      {
        id: 'earlier',
        header: 'Compared with',
        least: true,
        cell: ({ before }) => before && bucketText(before.label, interval, { ...previous.range, to: now.date }),
      },
      { id: 'before', header: 'Before', cell: ({ before }) => value(before) },
      {
        id: 'change',
        header: 'Change',
        cell: ({ point, before }) => <Delta change={point.phase === 'past' ? change(state.metric, point.value, before?.value) : null} />,
      },
    ]
  }, [state.metric, site.currency, interval, current.range, previous, now.date])
  const save = () => {
    const header = ['time', state.metric, ...(previous ? ['compared_time', `compared_${state.metric}`] : [])]
    const lines = current.points.map((p, i) => {
      const before = previous?.points[i]
      return [p.label, asCell(p.value), ...(previous ? [before?.label ?? null, asCell(before?.value ?? null)] : [])]
    })
    download(`${site.name}-${state.metric}-${current.range.from}-${current.range.to}.csv`, csv(header, lines))
  }
  return (
    <div className="twin">
      <div className="twin-rows" tabIndex={0} role="region" aria-label="Figures of the chart" data-scrolls="">
        <DataTable caption={`${metrics[state.metric].label} over time`} columns={columns} rows={rows} className="plain" />
      </div>
      <button type="button" className="quiet-link" onClick={save}>
        Export CSV
      </button>
    </div>
  )
}
