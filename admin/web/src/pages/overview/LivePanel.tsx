// What happens right now, pushed by the service: visitors of the last five minutes, the last
// thirty minutes as bars, and the pages being read.
import { useState, type ReactElement, type Ref } from 'react'
import type { LiveStream } from '../../api/live'
import type { Live, LiveMinute } from '../../api/types'
import { DataTable, type Column } from '../../components/DataTable'
import { Skeleton } from '../../components/Skeleton'
import { clockText } from '../../format/date'
import { count, counted } from '../../format/number'
import { isChosen, toggle } from '../../filters/filters'
import type { Overview } from './useOverview'

interface LivePanelProps {
  ref: Ref<HTMLElement>
  overview: Overview
  stream: LiveStream
}

export function LivePanel({ ref, overview, stream }: LivePanelProps): ReactElement {
  const [asTable, setAsTable] = useState(false)
  const { live } = stream
  const timeZone = overview.site.timeZone
  return (
    <section ref={ref} className="panel live" aria-label="Right now" tabIndex={-1}>
      <div className="live-now">
        <h2>Right now</h2>
        <p className="live-count">
          <span className="big">{live ? count(live.visitorsNow) : <Skeleton width={60} />}</span>
          <span className="label">{live?.visitorsNow === 1 ? 'visitor' : 'visitors'} in the last 5 minutes</span>
        </p>
      </div>
      <div className="live-minutes">
        <header>
          <h3>Last 30 minutes</h3>
          <span className="dim">{live ? people(live.visitors30m, live.pageviews30m) : ''}</span>
          <button type="button" className="link" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
            {asTable ? 'Chart' : 'Table'}
          </button>
        </header>
        {live && asTable ? <MinuteTable live={live} timeZone={timeZone} /> : <Minutes live={live} timeZone={timeZone} />}
      </div>
      <div className="live-pages">
        <header>
          <h3>Being read</h3>
          <span className="dim">last 5 minutes</span>
        </header>
        <LivePages live={live} overview={overview} />
      </div>
    </section>
  )
}

function Minutes({ live, timeZone }: { live: Live | null; timeZone: string }): ReactElement {
  const minutes = live?.minutes ?? []
  const most = Math.max(1, ...minutes.map((m) => m.pageviews))
  return (
    <div className="bars" role="img" aria-label={live ? spoken(minutes, timeZone) : 'Waiting for the live stream'}>
      {Array.from({ length: 30 }, (_, i) => {
        const m = minutes[minutes.length - 30 + i]
        const height = m ? (m.pageviews / most) * 100 : 0
        return (
          <span key={i} className="slot" title={m ? `${minuteText(m, timeZone)}: ${people(m.visitors, m.pageviews)}` : undefined}>
            <i className={i === 29 ? 'now' : undefined} style={{ height: `${height}%` }} />
          </span>
        )
      })}
    </div>
  )
}

function people(visitors: number, pageviews: number): string {
  return `${counted(visitors, 'visitor')} · ${counted(pageviews, 'pageview')}`
}

function spoken(minutes: readonly LiveMinute[], timeZone: string): string {
  const top = minutes.reduce<LiveMinute | null>((a, m) => (a === null || m.pageviews > a.pageviews ? m : a), null)
  if (!top || top.pageviews === 0) return 'Pageviews per minute of the last 30 minutes: none.'
  return `Pageviews per minute of the last 30 minutes, most ${count(top.pageviews)} at ${minuteText(top, timeZone)}. The same figures stand in the table.`
}

function minuteText(m: LiveMinute, timeZone: string): string {
  const at = new Date(m.minute)
  return Number.isNaN(at.getTime()) ? '' : clockText(at, timeZone)
}

function MinuteTable({ live, timeZone }: { live: Live; timeZone: string }): ReactElement {
  const columns: Column<LiveMinute>[] = [
    { id: 'minute', header: 'Minute', cell: (m) => minuteText(m, timeZone) },
    { id: 'pageviews', header: 'Pageviews', cell: (m) => count(m.pageviews) },
    { id: 'visitors', header: 'Visitors', cell: (m) => count(m.visitors) },
  ]
  return (
    <div className="twin-rows minutes" tabIndex={0} role="region" aria-label="Figures of the last 30 minutes" data-scrolls="">
      <DataTable caption="Last 30 minutes" columns={columns} rows={[...live.minutes].reverse()} className="plain" />
    </div>
  )
}

const LIVE_PAGES = 4

function LivePages({ live, overview }: { live: Live | null; overview: Overview }): ReactElement {
  const { state, setFilters } = overview
  if (live && live.pages.length === 0) return <p className="nothing">Nobody is reading at this moment.</p>
  const pages = live?.pages.slice(0, LIVE_PAGES) ?? []
  return (
    <ul>
      {pages.map((p) => (
        <li key={p.page}>
          <button
            type="button"
            className="cut"
            title={p.page}
            aria-pressed={isChosen(state.filters, 'event:page', p.page)}
            onClick={() => setFilters(toggle(state.filters, 'event:page', p.page))}
          >
            {p.page}
          </button>
          <span>{count(p.visitors)}</span>
        </li>
      ))}
      {!live &&
        Array.from({ length: LIVE_PAGES }, (_, i) => (
          <li key={i}>
            <Skeleton width={70 - i * 9} />
          </li>
        ))}
    </ul>
  )
}
