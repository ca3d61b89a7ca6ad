import type { ReactElement, ReactNode } from 'react'
import { Link } from 'wouter'
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
          <Line href={conversionsPath(site)} on={here === 'conversions'}>
            Conversions
          </Line>
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

function Line({ href, on, children }: { href: string; on: boolean; children: ReactNode }): ReactElement {
  return (
    <Link href={href} aria-current={on ? 'page' : undefined} ref={on ? inView : undefined}>
      {children}
    </Link>
  )
}
