import type { ReactElement, ReactNode } from 'react'
import { Link } from 'wouter'
import { useCounts } from '../api/counts'
import type { Site } from '../api/types'
import { count, counted } from '../format/number'
import { inView } from './inView'
import { may } from '../roles/roles'
import { attributionPath, conversionsPath, sitePath, siteSettingsPath, workspacePath, type WorkspacePlace } from './paths'
import type { Place } from './start'

/** Here is the page that is open, as the navigation has it. */
export type Here = 'overview' | 'conversions' | 'attribution' | 'site-settings' | 'account' | 'first-site' | 'new-workspace' | WorkspacePlace

/** MainNav leads to what one's role in the workspace may see. */
export function MainNav({ place: { workspace, site }, here }: { place: Place; here: Here }): ReactElement | null {
  if (!workspace) return null
  const to = (page: WorkspacePlace, words: string) => (
    <Line href={workspacePath(workspace.id, page)} on={here === page || here === `${page}/new`}>
      {words}
    </Line>
  )
  const role = workspace.role
  return (
    <nav aria-label="Main">
      {site && (
        <>
          <p className="nav-group">Analyse</p>
          <Line href={sitePath(site)} on={here === 'overview'}>
            Overview
          </Line>
          <Line href={siteSettingsPath(site)} on={here === 'site-settings'}>
            Site settings
          </Line>
        </>
      )}
      {may(role, 'read_conversions') && (site || may(role, 'manage_uploads')) && <p className="nav-group">Campaigns</p>}
      {site && may(role, 'read_conversions') && (
        <>
          <ConversionsLine site={site} on={here === 'conversions'} />
          <Line href={attributionPath(site)} on={here === 'attribution'}>
            Attribution
          </Line>
        </>
      )}
      {may(role, 'manage_uploads') && to('google', 'Google Ads')}
      <p className="nav-group">Workspace</p>
      {may(role, 'read_reports') && to('sites', 'Sites')}
      {may(role, 'manage_members') && to('members', 'Members')}
      {may(role, 'read_audit') && to('audit', 'Audit')}
      {may(role, 'manage_rights') && to('privacy', 'Privacy')}
      {to('settings', 'Settings')}
    </nav>
  )
}

const NEEDS_MS = 60_000

/** ConversionsLine says beside its name how many conversions need a person; its room is there before. */
function ConversionsLine({ site, on }: { site: Site; on: boolean }): ReactElement {
  const needs = useCounts(site.publicKey, { query: new URLSearchParams(), parts: ['needs_person'], everyMs: NEEDS_MS }).data?.needs_person
  const some = needs !== undefined && needs.count > 0
  const words = some ? `${needs.more ? `More than ${count(needs.count)} conversions` : counted(needs.count, 'conversion')} ${needs.count === 1 ? 'needs' : 'need'} a person` : ''
  return (
    <>
      <Link href={conversionsPath(site)} aria-current={on ? 'page' : undefined} aria-describedby={some ? 'nav-needs' : undefined} title={words || undefined} ref={on ? inView : undefined}>
        Conversions
        {some && (
          <span className="nav-badge" aria-hidden="true">
            {needs.more ? `${count(needs.count)}+` : count(needs.count)}
          </span>
        )}
      </Link>
      {some && (
        <span id="nav-needs" className="sr-only">
          {words}
        </span>
      )}
    </>
  )
}

function Line({ href, on, children }: { href: string; on: boolean; children: ReactNode }): ReactElement {
  return (
    <Link href={href} aria-current={on ? 'page' : undefined} ref={on ? inView : undefined}>
      {children}
    </Link>
  )
}
