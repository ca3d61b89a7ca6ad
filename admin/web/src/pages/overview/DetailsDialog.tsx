// All rows of a dimension: searched, sorted and paged by the API, exported as CSV.
import { useDeferredValue, useMemo, useState, type ReactElement } from 'react'
import { useStats } from '../../api/stats'
import type { Row } from '../../api/types'
import { DataTable, type Column, type Sort } from '../../components/DataTable'
import { Delta } from '../../components/Delta'
import { Icon } from '../../components/icons'
import { Modal } from '../../components/Modal'
import { Problem } from '../../components/Problem'
import { Skeleton } from '../../components/Skeleton'
import { dimensionLabel } from '../../filters/filters'
import { shortRange } from '../../format/date'
import { changeFrom, exact, metrics } from '../../format/metrics'
import { count } from '../../format/number'
import { ExportButton } from './ExportButton'
import { detailMetrics, metricName } from './panels'
import { DETAIL_ROWS, detailsQuery } from './requests'
import { RowName } from './RowLabel'
import type { Overview } from './useOverview'

interface DetailsDialogProps {
  dimension: string
  overview: Overview
  nothingBefore: boolean
  onClose: () => void
}

export function DetailsDialog({ dimension, overview, nothingBefore, onClose }: DetailsDialogProps): ReactElement {
  const [search, setSearch] = useState('')
  const [sort, setSort] = useState<Sort>({ column: 'visitors', descending: true })
  const [offset, setOffset] = useState(0)
  const asked = useDeferredValue(search)
  const names = detailMetrics(dimension)
  const answer = useStats(detailsQuery(overview.scope, { dimension, metrics: names, search: asked, sort, offset, limit: DETAIL_ROWS }))
  const columns = useColumns(dimension, overview, nothingBefore)
  const change = (apply: () => void) => {
    apply()
    setOffset(0)
  }
  const rows = answer.data?.rows
  return (
    <Modal
      title={dimensionLabel(dimension)}
      size="wide"
      onClose={onClose}
      header={<Search value={search} label={dimensionLabel(dimension)} onChange={(text) => change(() => setSearch(text))} />}
      footer={
        <>
          <Paging offset={offset} shown={rows?.length ?? 0} total={answer.data?.totalRows ?? null} go={setOffset} />
          <span className="dim hide-narrow">{shortRange(overview.range, overview.now.date)}</span>
          <ExportButton overview={overview} dimension={dimension} label={dimensionLabel(dimension)} search={asked} sort={sort} />
        </>
      }
    >
      <div className={`details${answer.isPlaceholderData ? ' stale' : ''}`} tabIndex={0} role="region" aria-label="Rows" data-scrolls="">
        {answer.isError && !rows && <Problem error={answer.error} retry={() => void answer.refetch()} retrying={answer.isFetching} />}
        {!rows && !answer.isError && <Waiting />}
        {rows && <DataTable caption={`${dimensionLabel(dimension)}, all rows`} columns={columns} rows={rows} className="list" sort={sort} onSort={(s) => change(() => setSort(s))} />}
        {rows?.length === 0 && <p className="nothing">{asked ? `Nothing contains “${asked}”.` : 'Nothing in this range.'}</p>}
      </div>
    </Modal>
  )
}

function useColumns(dimension: string, overview: Overview, nothingBefore: boolean): Column<Row>[] {
  return useMemo(() => {
    const names = detailMetrics(dimension)
    const name: Column<Row> = {
      id: dimension,
      header: dimensionLabel(dimension),
      sortable: true,
      cell: (row) => <RowName dimension={dimension} value={row.dimensions[0] ?? ''} overview={overview} />,
    }
    const values = names.map((metric, i): Column<Row> => ({
      id: metric,
      header: metricName(dimension, metric, metrics[metric].label),
      sortable: true,
      least: i > 0,
      cell: (row) => exact(metric, row.metrics[i], overview.site.currency),
    }))
    const delta: Column<Row> = {
      id: 'change',
      header: 'Change',
      cell: (row) => <Delta change={changeFrom('visitors', row.metrics[0], row.comparison ? row.comparison[0] : 0, nothingBefore)} />,
    }
    const [first, ...rest] = values
    return overview.compared && first ? [name, first, delta, ...rest] : [name, ...values]
  }, [dimension, overview, nothingBefore])
}

function Search({ value, label, onChange }: { value: string; label: string; onChange: (text: string) => void }): ReactElement {
  return (
    <label className="find">
      <Icon name="search" />
      <input
        className="field"
        type="search"
        data-autofocus=""
        placeholder="Search"
        aria-label={`Search ${label}`}
        autoComplete="off"
        spellCheck={false}
        value={value}
        onChange={(e) => onChange(e.target.value)}
      />
    </label>
  )
}

interface PagingProps {
  offset: number
  shown: number
  total: number | null
  go: (offset: number) => void
}

function Paging({ offset, shown, total, go }: PagingProps): ReactElement {
  const more = total === null ? shown === DETAIL_ROWS : offset + shown < total
  const text = shown === 0 ? 'No rows' : `${count(offset + 1)}–${count(offset + shown)}${total === null ? '' : ` of ${count(total)}`}`
  return (
    <span className="paging">
      <button type="button" className="icon-button" aria-label="Rows before" disabled={offset === 0} onClick={() => go(Math.max(0, offset - DETAIL_ROWS))}>
        <Icon name="left" />
      </button>
      <span aria-live="polite">{text}</span>
      <button type="button" className="icon-button" aria-label="Rows after" disabled={!more} onClick={() => go(offset + DETAIL_ROWS)}>
        <Icon name="right" />
      </button>
    </span>
  )
}

function Waiting(): ReactElement {
  return (
    <div className="waiting-rows" aria-hidden="true">
      {Array.from({ length: 12 }, (_, i) => (
        <Skeleton key={i} width={96 - (i % 4) * 9} />
      ))}
    </div>
  )
}
