import type { ReactElement } from 'react'
import { Link } from 'wouter'
import { useKept, useRetentionLog, type Log, type LogEntry, type SiteRetention } from '../../api/retention'
import type { Site } from '../../api/types'
import { siteSettingsPath } from '../../app/paths'
import { DataTable, type Column } from '../../components/DataTable'
import { More } from '../../components/More'
import { Problem } from '../../components/Problem'
import { Line, Section } from '../../components/Section'
import { Waiting } from '../../components/Waiting'
import { day } from '../../format/date'
import { ownZone, secondText } from '../../format/moment'
import { count } from '../../format/number'
import { KeptSection } from './KeptSection'
import { SitePicker, useChosenSite } from './SitePicker'

/** RetentionSection is what a site keeps for how long, the evidence that it went then, and what is kept at all. */
export function RetentionSection({ sites }: { sites: readonly Site[] }): ReactElement {
  const kept = useKept()
  const [site, choose] = useChosenSite(sites)
  const log = useRetentionLog(site?.publicKey)
  if (kept.isPending || log.isLoading) return <Waiting label="Loading what is kept" sections={[2, 3, 4]} />
  if (!kept.data) {
    return (
      <div className="settings">
        <Problem error={kept.error} retry={() => void kept.refetch()} retrying={kept.isFetching} what="page" />
      </div>
    )
  }
  const set = kept.data.sites.find((s) => s.siteId === site?.id)
  return (
    <>
      {site && (
        <>
          <div className="audit-filters">
            <SitePicker sites={sites} chosen={site} choose={choose} />
          </div>
          <Section title={`How long ${site.name} keeps what`}>
            <Line
              label="Events"
              action={
                <Link className="ctl" href={siteSettingsPath(site, 'privacy')}>
                  Change
                </Link>
              }
            >
              {term(set, 'rawDays')}
              <small>single events, with pages, properties and orders</small>
            </Line>
            <Line label="Visits and sums">
              {term(set, 'aggregatesDays')}
              <small>what reports of past days are made of</small>
            </Line>
          </Section>
          <LogSection site={site} asked={log} />
        </>
      )}
      <KeptSection places={kept.data.places} />
    </>
  )
}

function term(set: SiteRetention | undefined, which: 'rawDays' | 'aggregatesDays'): string {
  if (!set) return 'Not known'
  const days = set[which]
  return days === null ? 'For ever' : days === 1 ? 'One day' : `${count(days)} days`
}

const tables: Record<string, string> = { events: 'Events', touched: 'Hours that have events', rollup: 'Sums', visits: 'Visits', slices: 'Days of reports' }

const columns: readonly Column<LogEntry>[] = [
  { id: 'what', header: 'What', cell: (e) => <span className="two">{tables[e.table] ?? e.table}<small>before {dayOf(e.before)}</small></span> },
  { id: 'begun', header: 'Deleted', cell: (e) => secondText(new Date(e.begunAt), ownZone()) },
  { id: 'checked', header: 'Counted again', least: true, cell: (e) => (e.checkedAt ? secondText(new Date(e.checkedAt), ownZone()) : <span className="dim">under way</span>) },
  { id: 'found', header: 'Rows', cell: (e) => count(e.rowsFound) },
  { id: 'left', header: 'Left', cell: (e) => <Left rows={e.rowsLeft} /> },
]

/** dayOf writes 2026-11-24 as 24 Nov 2026. */
const dayOf = (date: string) => `${day(date)} ${date.slice(0, 4)}`

function Left({ rows }: { rows: number | null }): ReactElement {
  if (rows === null) return <span className="dim">–</span>
  return rows === 0 ? <span className="up">0</span> : <span className="down">{count(rows)}</span>
}

function LogSection({ site, asked }: { site: Site; asked: Log }): ReactElement {
  const rows = asked.data?.pages.flatMap((p) => p.rows)
  return (
    <section className="settings" aria-labelledby="log-title">
      <header>
        <h2 id="log-title">What was deleted because its time was over</h2>
        <p>Once a day. What was found is written down first, and what is left is counted afterwards.</p>
      </header>
      {asked.isError && !rows && <Problem error={asked.error} retry={() => void asked.refetch()} retrying={asked.isFetching} what="log" />}
      {rows?.length === 0 && <p className="table-foot">Nothing was old enough yet.</p>}
      {rows && rows.length > 0 && (
        <>
          <DataTable caption={`What was deleted of ${site.name}`} className="lines log-table" columns={columns} rows={rows} />
          <More asked={asked} shown={`${count(rows.length)} ${asked.hasNextPage ? 'shown' : rows.length === 1 ? 'deletion' : 'deletions'}`} />
        </>
      )}
    </section>
  )
}
