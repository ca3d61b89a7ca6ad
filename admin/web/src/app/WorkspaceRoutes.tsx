// The pages of workspaces and the settings of sites. Their code is fetched when the first of them is
// opened: most people read reports on most days.
import { lazy, Suspense, type ReactElement, type ReactNode } from 'react'
import { Redirect, Route, Switch } from 'wouter'
import type { Me, Site, Workspace } from '../api/types'
import { may } from '../roles/roles'
import type { Appearance } from './App'
import type { Here } from './MainNav'
import { paths, workspacePath, type WorkspacePlace } from './paths'
import { Denied } from './Denied'
import { FactorNeeded } from './FactorNeeded'
import { Shell } from './Shell'
import { placeIn, sitesOf, workspaceOf, type Place } from './start'

const pages = () => import('../pages/workspacePages')
const AttributionPage = lazy(() => pages().then((m) => ({ default: m.AttributionPage })))
const AuditPage = lazy(() => pages().then((m) => ({ default: m.AuditPage })))
const ConversionsPage = lazy(() => pages().then((m) => ({ default: m.ConversionsPage })))
const GooglePage = lazy(() => pages().then((m) => ({ default: m.GooglePage })))
const MembersPage = lazy(() => pages().then((m) => ({ default: m.MembersPage })))
const NewSitePage = lazy(() => pages().then((m) => ({ default: m.NewSitePage })))
const NewWorkspacePage = lazy(() => pages().then((m) => ({ default: m.NewWorkspacePage })))
const PrivacyPage = lazy(() => pages().then((m) => ({ default: m.PrivacyPage })))
const SiteSettingsPage = lazy(() => pages().then((m) => ({ default: m.SiteSettingsPage })))
const SitesPage = lazy(() => pages().then((m) => ({ default: m.SitesPage })))
const WorkspaceSettingsPage = lazy(() => pages().then((m) => ({ default: m.WorkspaceSettingsPage })))

interface RoutesProps extends Appearance {
  me: Me
  start: Place
  /** lost is shown for addresses that lead nowhere. */
  lost: ReactElement
}

export function WorkspaceRoutes({ start, lost, ...shell }: RoutesProps): ReactElement {
  const { me } = shell
  const frame = (place: Place, here: Here, page: ReactNode) => (
    <Shell {...shell} place={place} here={here}>
      <Suspense fallback={<div className="starting" aria-busy="true" aria-label="Loading" />}>{page}</Suspense>
    </Shell>
  )
  const ofWorkspace = (id: string, here: WorkspacePlace, permission: string, page: (w: Workspace) => ReactElement) => {
    const workspace = me.workspaces.find((w) => w.id === id)
    if (!workspace) return lost
    if (workspace.secondFactorNeeded) return frame(placeIn(me, workspace), here, <FactorNeeded workspace={workspace} />)
    return frame(placeIn(me, workspace), here, may(workspace.role, permission) ? page(workspace) : <Denied workspace={workspace} permission={permission} />)
  }
  /** route is a page of a workspace, for those who may. */
  const route = (here: WorkspacePlace, permission: string, page: (w: Workspace) => ReactElement) => <Route path={`/workspaces/:id/${here}`}>{({ id }) => ofWorkspace(id, here, permission, page)}</Route>
  /** ofSite is a page about the conversions of a site. */
  const ofSite = (here: 'conversions' | 'attribution', page: (part: { site: Site; workspace: Workspace }) => ReactElement) => (
    <Route path={`/sites/:key/${here}`}>
      {({ key }) => {
        const site = me.sites.find((s) => s.publicKey === key || s.id === key)
        const workspace = workspaceOf(me, site)
        if (!site || !workspace) return lost
        return frame({ site, workspace }, here, may(workspace.role, 'read_conversions') ? page({ site, workspace }) : <Denied workspace={workspace} permission="read_conversions" />)
      }}
    </Route>
  )
  return (
    <Switch>
      <Route path={paths.newWorkspace}>{frame(start, 'new-workspace', <NewWorkspacePage />)}</Route>
      {route('sites', 'read_reports', (w) => <SitesPage key={w.id} workspace={w} sites={sitesOf(me, w)} />)}
      {route('sites/new', 'manage_sites', (w) => <NewSitePage key={w.id} workspace={w} />)}
      {route('members', 'manage_members', (w) => <MembersPage key={w.id} workspace={w} own={me.account.email} />)}
      {route('google', 'manage_uploads', (w) => <GooglePage key={w.id} workspace={w} sites={sitesOf(me, w)} />)}
      {route('audit', 'read_audit', (w) => <AuditPage key={w.id} workspace={w} />)}
      <Route path="/workspaces/:id/privacy/:section?/:item?">
        {({ id, section, item }: Record<string, string | undefined>) => ofWorkspace(id ?? '', 'privacy', 'manage_rights', (w) => <PrivacyPage key={w.id} workspace={w} sites={sitesOf(me, w)} section={section ?? ''} item={item ?? ''} />)}
      </Route>
      {route('settings', 'see_workspace', (w) => <WorkspaceSettingsPage key={w.id} workspace={w} me={me} />)}
      {ofSite('conversions', (part) => <ConversionsPage key={part.site.publicKey} {...part} />)}
      {ofSite('attribution', (part) => <AttributionPage key={part.site.publicKey} {...part} />)}
      <Route path="/sites/:key/settings/:section?">
        {({ key, section }) => {
          const site = me.sites.find((s) => s.publicKey === key || s.id === key)
          const workspace = workspaceOf(me, site)
          if (!site || !workspace) return lost
          return frame({ site, workspace }, 'site-settings', <SiteSettingsPage key={site.publicKey} site={site} workspace={workspace} section={section ?? ''} />)
        }}
      </Route>
      <Route path="/workspaces/:id">{({ id }) => <Redirect to={workspacePath(id, 'settings')} replace />}</Route>
      <Route>{lost}</Route>
    </Switch>
  )
}
