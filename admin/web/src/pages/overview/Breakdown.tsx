// A panel: the first rows of one dimension, its tabs, and the way to all rows.
import * as Tabs from '@radix-ui/react-tabs'
import type { ReactElement } from 'react'
import { useStats } from '../../api/stats'
import type { Row } from '../../api/types'
import { Delta } from '../../components/Delta'
import { Problem } from '../../components/Problem'
import { Skeleton } from '../../components/Skeleton'
import { dimensionLabel } from '../../filters/filters'
import { change, metrics, numeric } from '../../format/metrics'
import { count, share } from '../../format/number'
import { ExportButton } from './ExportButton'
import { metricName, type Panel, type Tab } from './panels'
import { breakdownQuery, PANEL_ROWS } from './requests'
import { RowLabel } from './RowLabel'
import type { Overview } from './useOverview'

interface BreakdownProps {
  panel: Panel
  overview: Overview
  /** all is the number of visitors of the whole range: the whole of every share. */
  all: number
}

export function Breakdown({ panel, overview, all }: BreakdownProps): ReactElement {
  const { state, update } = overview
  const wished = state.tabs[panel.id]
  const tab = panel.tabs.find((t) => wished !== undefined && t.dimensions.includes(wished)) ?? panel.tabs[0]
  const dimension = tab?.dimensions.find((d) => d === wished) ?? tab?.dimensions[0] ?? ''
  const choose = (next: string) => update({ tabs: tabsWith(state.tabs, panel, next) })
  const choice = { panel, tab, dimension, choose }
  return (
    <Tabs.Root
      asChild
      value={tab?.label ?? ''}
      onValueChange={(label) => choose(panel.tabs.find((t) => t.label === label)?.dimensions[0] ?? '')}
    >
      <section className={panel.wide ? 'panel wide' : 'panel'} aria-label={panel.title}>
        <header>
          <h2>{panel.title}</h2>
          {panel.tabs.length > 1 && (
            <Tabs.List aria-label={`${panel.title} by`} className="tabs">
              {panel.tabs.map((t) => (
                <Tabs.Trigger key={t.label} value={t.label}>
                  {t.label}
                </Tabs.Trigger>
              ))}
            </Tabs.List>
          )}
        </header>
        {panel.tabs.length > 1 ? (
          <Tabs.Content value={tab?.label ?? ''} tabIndex={-1}>
            <Rows choice={choice} overview={overview} all={all} />
          </Tabs.Content>
        ) : (
          <Rows choice={choice} overview={overview} all={all} />
        )}
        <footer>
          <button type="button" className="quiet-link" onClick={() => update({ details: dimension })}>
            {panel.all}
          </button>
          <ExportButton overview={overview} dimension={dimension} label={panel.title} />
        </footer>
      </section>
    </Tabs.Root>
  )
}

// The first dimension of the first tab is the default and is left out of the address.
function tabsWith(tabs: Record<string, string>, panel: Panel, dimension: string): Record<string, string> {
  const rest = Object.fromEntries(Object.entries(tabs).filter(([id]) => id !== panel.id))
  return dimension === panel.tabs[0]?.dimensions[0] ? rest : { ...rest, [panel.id]: dimension }
}

interface Choice {
  panel: Panel
  tab: Tab | undefined
  dimension: string
  choose: (dimension: string) => void
}

interface RowsProps {
  choice: Choice
  overview: Overview
  all: number
}

function Rows({ choice, overview, all }: RowsProps): ReactElement {
  const { panel, dimension } = choice
  const answer = useStats(breakdownQuery(overview.scope, dimension, panel.metrics))
  if (answer.isError && !answer.data) {
    return (
      <div className="rows">
        <Problem error={answer.error} retry={() => void answer.refetch()} retrying={answer.isFetching} />
      </div>
    )
  }
  const rows = answer.isPlaceholderData && !sameShape(answer.data?.rows, panel) ? undefined : answer.data?.rows
  return (
    <div className={`rows${answer.isPlaceholderData ? ' stale' : ''}`} aria-busy={!rows}>
      <table>
        <caption className="sr-only">
          {panel.title} by {dimensionLabel(dimension)}
        </caption>
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
            {overview.compared && <th scope="col">Change</th>}
          </tr>
        </thead>
        <tbody>{rows ? <Body choice={choice} overview={overview} rows={rows} all={all} /> : <SkeletonRows rows={panel.wide ? 4 : PANEL_ROWS} figures={panel.metrics.length} change={overview.compared !== null} />}</tbody>
      </table>
      {rows?.length === 0 && <Nothing overview={overview} dimension={dimension} />}
    </div>
  )
}

function sameShape(rows: Row[] | undefined, panel: Panel): boolean {
  return rows !== undefined && rows.every((r) => r.metrics.length === panel.metrics.length)
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

function Body({ choice, overview, rows, all }: { choice: Choice; overview: Overview; rows: Row[]; all: number }): ReactElement {
  const most = Math.max(1, ...rows.map((r) => numeric(r.metrics[0]) ?? 0))
  return (
    <>
      {rows.map((row) => {
        const value = row.dimensions[0] ?? ''
        const visitors = numeric(row.metrics[0]) ?? 0
        return (
          <tr key={value}>
            <RowLabel dimension={choice.dimension} value={value} fill={visitors / most} overview={overview} />
            {choice.panel.metrics.map((m, i) => (
              <td key={m}>{count(numeric(row.metrics[i]) ?? 0)}</td>
            ))}
            <td className="dim least">{share(visitors, all)}</td>
            {overview.compared && (
              <td>
                <Delta change={change('visitors', visitors, row.comparison ? row.comparison[0] : 0)} />
              </td>
            )}
          </tr>
        )
      })}
    </>
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
