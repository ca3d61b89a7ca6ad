// The sites of a workspace, and whether events arrive.
import { useMemo, useState, type ReactElement } from 'react'
import { Link } from 'wouter'
import type { Site, Workspace } from '../../api/types'
import { sitePath, siteSettingsPath, workspacePath } from '../../app/paths'
import { usePageTitle } from '../../app/usePageTitle'
import { DataTable, type Column } from '../../components/DataTable'
import { Icon } from '../../components/icons'
import { initials } from '../../format/names'
import { may } from '../../roles/roles'
import { EventsToday, LastEvent } from './Arrivals'
import { PutAway } from './PutAway'

interface PageProps {
  workspace: Workspace
  sites: Site[]
}

const AT_ONCE = 25

export function SitesPage({ workspace, sites }: PageProps): ReactElement {
  usePageTitle(`Sites · ${workspace.name}`)
  const adds = may(workspace.role, 'manage_sites')
  const [most, setMost] = useState(AT_ONCE)
  const rows = useMemo(() => [...sites].sort((a, b) => a.name.localeCompare(b.name)), [sites])
  return (
    <div className="wide-page">
      <div className="top">
        <h1>Sites</h1>
        {adds && (
          <Link className="ctl primary" href={workspacePath(workspace.id, 'sites/new')}>
            <Icon name="plus" />
            Add a site
          </Link>
        )}
      </div>
      <section className="settings" aria-label="Sites">
        {rows.length === 0 ? (
          <div className="nothing">
            <p>{adds ? `${workspace.name} has no site yet. Add one, put a line into its pages, and its first visit shows up within seconds.` : `${workspace.name} has no site yet. An owner or admin can add one; then it is here.`}</p>
          </div>
        ) : (
          <DataTable caption="Sites of the workspace" className="lines" columns={columns} rows={rows.slice(0, most)} />
        )}
        {rows.length > 0 && (
          <p className="table-foot">
            <span>{rows.length === 1 ? 'One site' : `${rows.length} sites`}</span>
            {rows.length > most && (
              <button type="button" className="ctl" onClick={() => setMost(most + AT_ONCE)}>
                Show more
              </button>
            )}
          </p>
        )}
      </section>
      {adds && <PutAway workspace={workspace} />}
    </div>
  )
}

const columns: readonly Column<Site>[] = [
  { id: 'site', header: 'Site', cell: (s) => <Name site={s} /> },
  { id: 'last', header: 'Last event', cell: (s) => <LastEvent site={s} /> },
  { id: 'today', header: 'Events today', cell: (s) => <EventsToday site={s} /> },
  { id: 'zone', header: 'Time zone', least: true, cell: (s) => s.timeZone },
  { id: 'currency', header: 'Currency', least: true, cell: (s) => s.currency },
]

function Name({ site }: { site: Site }): ReactElement {
  return (
    <span className="person">
      <span className="avatar" aria-hidden="true">
        {initials(site.name)}
      </span>
      <span className="two">
        <Link className="row-link" href={sitePath(site)}>
          {site.name}
        </Link>
        <small>
          {site.hostname} ·{' '}
          <Link className="row-more" href={siteSettingsPath(site)} aria-label={`Settings of ${site.name}`}>
            Settings
          </Link>
        </small>
      </span>
    </span>
  )
}
