import type { ReactElement } from 'react'
import type { LiveStream } from '../../api/live'
import { useOnline } from '../../app/online'
import { useTick } from '../../app/useNow'
import { ago, NARROW } from '../../format/number'
import { clockText } from '../../format/date'
import { RangePicker } from '../../range/RangePicker'
import { CompareMenu } from './CompareMenu'
import type { Overview } from './useOverview'

interface TopBarProps {
  overview: Overview
  stream: LiveStream
  pickerOpen: boolean
  setPickerOpen: (open: boolean) => void
}

export function TopBar({ overview, stream, pickerOpen, setPickerOpen }: TopBarProps): ReactElement {
  return (
    <div className="top">
      <h1>Overview</h1>
      <Freshness stream={stream} timeZone={overview.site.timeZone} />
      <div className="controls">
        <RangePicker of={overview} open={pickerOpen} setOpen={setPickerOpen} />
        <CompareMenu overview={overview} />
      </div>
    </div>
  )
}

const QUIET_MS = 10 * 60_000

/** Freshness says how old the newest figure can be: the whole way from event to report. */
function Freshness({ stream, timeZone }: { stream: LiveStream; timeZone: string }): ReactElement {
  const online = useOnline()
  const at = useTick(5000)
  const { live, state } = stream
  const last = live?.lastEventAt ? new Date(live.lastEventAt) : null
  const title = last ? `Newest event at ${clockText(last, timeZone)}; delay from collector to report` : 'Delay from collector to report'
  const off = !online || state !== 'live'
  return (
    <span className={off ? 'fresh off' : 'fresh'} title={title}>
      <i aria-hidden="true" />
      {wording(online, stream, last ? at - last.getTime() : 0)}
    </span>
  )
}

function wording(online: boolean, { state, live }: LiveStream, quietMs: number): string {
  if (!online) return 'Offline'
  if (state === 'reconnecting') return 'Reconnecting…'
  if (state === 'connecting' || !live) return 'Connecting…'
  if (quietMs > QUIET_MS) return `Live · quiet for ${ago(quietMs)}`
  return live.delayMs === null ? 'Live' : `Live · ${(live.delayMs / 1000).toFixed(1)}${NARROW}s`
}
