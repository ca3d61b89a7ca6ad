// The rows of a panel: a name with its bar, the panel's figures, their share and their change.
import type { ReactElement } from 'react'
import { useStats } from '../../api/stats'
import type { Metric, Row } from '../../api/types'
import { Delta } from '../../components/Delta'
import { Problem } from '../../components/Problem'
import { Skeleton } from '../../components/Skeleton'
import { dimensionLabel } from '../../filters/filters'
import { changeFrom, metrics, numeric } from '../../format/metrics'
import { count, share } from '../../format/number'
import { metricName, type Panel, type Tab } from './panels'
import { breakdownQuery, leadQuery, PANEL_ROWS } from './requests'
import { RowLabel } from './RowLabel'
import type { Overview } from './useOverview'
import { visited, type Entry } from './visited'
import type { Whole } from './whole'

/** A choice is what a panel shows of what it could: a tab, one of its dimensions. */
export interface Choice {
  panel: Panel
  tab: Tab | undefined
  dimension: string
  choose: (dimension: string) => void
}

interface RowsProps {
  choice: Choice
  overview: Overview
  whole: Whole
}

export function BreakdownRows({ choice, overview, whole }: RowsProps): ReactElement {
  const { panel, dimension } = choice
  const answer = useStats(breakdownQuery(overview.scope, dimension, panel.metrics))
  const lead = useStats(panel.lead ? leadQuery(overview.scope, panel.lead) : null)
  if (answer.isError && !answer.data) {
    return (
      <div className="rows">
        <Problem error={answer.error} retry={() => void answer.refetch()} retrying={answer.isFetching} />
      </div>
    )
  }
  const rows = answer.isPlaceholderData && !sameShape(answer.data?.rows, panel.metrics) ? undefined : answer.data?.rows
  const waiting = !rows || (panel.lead !== undefined && lead.isPending)
  const entries = waiting ? [] : visited(panel, dimension, rows, lead.data?.rows)
  const lost = lead.isError && !lead.data
  return (
    <div className={`rows${answer.isPlaceholderData || lead.isPlaceholderData ? ' stale' : ''}`} aria-busy={waiting}>
      <table>
        <caption className="sr-only">
          {panel.title} by {dimensionLabel(dimension)}
        </caption>
        <Head choice={choice} change={overview.compared !== null} />
        <tbody>
          {lost && <LostLead retry={() => void lead.refetch()} retrying={lead.isFetching} />}
          {waiting ? (
            <SkeletonRows rows={panel.wide ? 4 : PANEL_ROWS} figures={panel.metrics.length} change={overview.compared !== null} />
          ) : (
            <Body entries={entries} overview={overview} whole={whole} />
          )}
        </tbody>
      </table>
      {!waiting && !lost && entries.length === 0 && <Nothing overview={overview} dimension={dimension} />}
    </div>
  )
}

function sameShape(rows: Row[] | undefined, shown: readonly Metric[]): boolean {
  return rows !== undefined && rows.every((r) => r.metrics.length === shown.length)
}

function Head({ choice, change }: { choice: Choice; change: boolean }): ReactElement {
  const { panel, dimension } = choice
  return (
    <thead>
      <tr>
        <th scope="col">
          <FirstHeading choice={choice} />
        </th>
        {panel.metrics.map((m) => (
          <th key={m} scope="col">
            {metricName(dimension, m, metrics[m].label)}
          </th>
        ))}
        <th scope="col" className="least">
          {dimension === 'event:goal' ? 'Rate' : 'Share'}
        </th>
        {change && <th scope="col">Change</th>}
      </tr>
    </thead>
  )
}

function FirstHeading({ choice }: { choice: Choice }): ReactElement {
  const { tab, dimension, choose } = choice
  if (!tab || tab.dimensions.length < 2) return <>{dimensionLabel(dimension)}</>
  return (
    <select className="heading-select" aria-label="Campaign parameter" value={dimension} onChange={(e) => choose(e.target.value)}>
      {tab.dimensions.map((d) => (
        <option key={d} value={d}>
          {dimensionLabel(d)}
        </option>
      ))}
    </select>
  )
}

function Body({ entries, overview, whole }: { entries: readonly Entry[]; overview: Overview; whole: Whole }): ReactElement {
  const most = Math.max(1, ...entries.map((e) => numeric(e.row.metrics[0]) ?? 0))
  return (
    <>
      {entries.map(({ dimension, row }) => {
        const value = row.dimensions[0] ?? ''
        const visitors = numeric(row.metrics[0]) ?? 0
        const before = row.comparison ? row.comparison[0] : 0
        return (
          <tr key={`${dimension} ${value}`}>
            <RowLabel dimension={dimension} value={value} fill={visitors / most} overview={overview} />
            {row.metrics.map((figure, i) => (
              <td key={i}>{count(numeric(figure) ?? 0)}</td>
            ))}
            <td className="dim least">{share(visitors, whole.visitors)}</td>
            {overview.compared && (
              <td>
                <Delta change={changeFrom('visitors', visitors, before, whole.nothingBefore)} />
              </td>
            )}
          </tr>
        )
      })}
    </>
  )
}

/** LostLead stands where the panel's first row could not be asked for; the other rows stay. */
function LostLead({ retry, retrying }: { retry: () => void; retrying: boolean }): ReactElement {
  return (
    <tr className="lost">
      <td className="first" colSpan={9}>
        Sales could not be asked for.{' '}
        <button type="button" className="link" disabled={retrying} onClick={retry}>
          Try again
        </button>
      </td>
    </tr>
  )
}

function SkeletonRows({ rows, figures, change }: { rows: number; figures: number; change: boolean }): ReactElement {
  const columns = [...Array.from({ length: figures }, () => ''), 'least', ...(change ? [''] : [])]
  return (
    <>
      {Array.from({ length: rows }, (_, i) => (
        <tr key={i} className="waiting">
          <td className="first">
            <Skeleton width={68 - i * 7} />
          </td>
          {columns.map((name, c) => (
            <td key={c} className={name || undefined}>
              <Skeleton width={60} />
            </td>
          ))}
        </tr>
      ))}
    </>
  )
}

function Nothing({ overview, dimension }: { overview: Overview; dimension: string }): ReactElement {
  const { state, setFilters } = overview
  return (
    <div className="nothing">
      <p>{emptyReason(dimension, state.filters.length > 0)}</p>
      {state.filters.length > 0 && (
        <button type="button" className="quiet-link" onClick={() => setFilters([])}>
          Clear the filters
        </button>
      )}
    </div>
  )
}

function emptyReason(dimension: string, filtered: boolean): string {
  if (filtered) return 'Nothing matches these filters in this range.'
  if (dimension === 'event:goal') return 'No goal or sale in this range. Send one with noctra("sale", {…}) or data-noctra-goal.'
  if (dimension.startsWith('visit:utm_')) return 'No visit in this range came with UTM parameters in its address.'
  if (/region|city$/.test(dimension)) return 'No visit with a known place. Regions and cities need a city-level GeoIP file.'
  return 'Nothing in this range.'
}
