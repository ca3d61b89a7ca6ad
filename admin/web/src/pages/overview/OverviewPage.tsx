// The overview of a site: key figures, chart, what is happening now, and where it comes from.
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useMemo, useRef, useState, type ReactElement } from 'react'
import { useLive, type LiveStream } from '../../api/live'
import { refresher } from '../../api/refresh'
import { historyKey, statsKey, useFreshness, useStats } from '../../api/stats'
import type { Site } from '../../api/types'
import { useOnline } from '../../app/online'
import { Icon } from '../../components/icons'
import { Breakdown } from './Breakdown'
import { ChartSection } from './ChartSection'
import { DetailsDialog } from './DetailsDialog'
import { FilterBar } from './FilterBar'
import { KeyFigures } from './KeyFigures'
import { KeyHelp } from './KeyHelp'
import { LivePanel } from './LivePanel'
import { Onboarding } from './Onboarding'
import { panels } from './panels'
import { seriesQuery, totalsQuery } from './requests'
import { StateLine } from './StateLine'
import { TopBar } from './TopBar'
import { useOverview, type Overview } from './useOverview'
import { useShortcuts } from './useShortcuts'
import { wholeOf } from './whole'

const REFRESH_MS = 2000

export function OverviewPage({ site }: { site: Site }): ReactElement {
  const overview = useOverview(site)
  const stream = useLive(site.id, useRefresh(overview))
  const freshness = useFreshness(site.id)
  const lastEvent = stream.live?.lastEventAt ?? freshness.data?.lastEventAt ?? null
  const known = stream.live !== null || freshness.data !== undefined
  if (known && lastEvent === null) return <Onboarding site={site} />
  return <Report overview={overview} stream={stream} />
}

/** useRefresh asks the reports again after a new event, at most every two seconds. */
function useRefresh(overview: Overview): () => void {
  const client = useQueryClient()
  const open = useRef(overview.open)
  open.current = overview.open
  const key = overview.site.publicKey
  const refresh = useMemo(
    () =>
      refresher({
        busy: () => client.isFetching({ queryKey: statsKey(key) }) > 0,
        ask: async () => {
          if (!open.current) return
          await Promise.all([
            client.invalidateQueries({ queryKey: statsKey(key) }, { cancelRefetch: false }),
            // Events of earlier days may arrive late: then there is more than a first day.
            client.invalidateQueries({ queryKey: historyKey(key), predicate: (q) => q.state.data !== true }, { cancelRefetch: false }),
          ])
        },
        intervalMs: REFRESH_MS,
      }),
    [client, key],
  )
  useEffect(() => refresh.cancel, [refresh])
  return refresh
}

export type Dialog = { kind: 'keys' } | { kind: 'filter'; index: number | null } | null

function Report({ overview, stream }: { overview: Overview; stream: LiveStream }): ReactElement {
  const { state, scope, interval, update } = overview
  const [dialog, setDialog] = useState<Dialog>(null)
  const [pickerOpen, setPickerOpen] = useState(false)
  const liveRef = useRef<HTMLElement>(null)
  const totals = useStats(totalsQuery(scope))
  const series = useStats(seriesQuery(scope, interval))
  const client = useQueryClient()
  const retry = () => void client.refetchQueries({ queryKey: statsKey(scope.siteKey), type: 'active', predicate: (q) => q.state.status === 'error' })
  const whole = wholeOf(totals.data)
  const nothingBefore = totals.isPending || totals.isPlaceholderData ? null : whole.nothingBefore
  useShortcuts({ overview, setDialog, openPicker: () => setPickerOpen(true), live: liveRef })
  return (
    <>
      <TopBar overview={overview} stream={stream} pickerOpen={pickerOpen} setPickerOpen={setPickerOpen} />
      <OfflineBand />
      <FilterBar overview={overview} dialog={dialog} setDialog={setDialog} />
      <KeyFigures overview={overview} totals={totals} series={series} nothingBefore={whole.nothingBefore} />
      <ChartSection overview={overview} series={series} nothingBefore={nothingBefore} retry={retry} />
      <LivePanel ref={liveRef} overview={overview} stream={stream} />
      <div className="panels">
        {panels.map((panel) => (
          <Breakdown key={panel.id} panel={panel} overview={overview} whole={whole} />
        ))}
      </div>
      <StateLine overview={overview} whole={whole} onKeys={() => setDialog({ kind: 'keys' })} />
      {state.details && (
        <DetailsDialog key={state.details} dimension={state.details} overview={overview} nothingBefore={whole.nothingBefore} onClose={() => update({ details: null })} />
      )}
      {dialog?.kind === 'keys' && <KeyHelp onClose={() => setDialog(null)} />}
    </>
  )
}

function OfflineBand(): ReactElement | null {
  if (useOnline()) return null
  return (
    <p className="band" role="status">
      <Icon name="offline" />
      You are offline. The figures are the last ones that arrived; they refresh by themselves.
    </p>
  )
}
