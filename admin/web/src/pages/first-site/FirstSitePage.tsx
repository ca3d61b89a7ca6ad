import { Fragment, type ReactElement } from 'react'
import { Link } from 'wouter'
import type { Workspace } from '../../api/types'
import { workspacePath } from '../../app/paths'
import { usePageTitle } from '../../app/usePageTitle'
import { may } from '../../roles/roles'
import { NewSiteForm } from '../../sites/NewSiteForm'

/** FirstSitePage is what a new account meets: without a site there is nothing to show. */
export function FirstSitePage({ workspaces, chosen }: { workspaces: Workspace[]; chosen: Workspace | undefined }): ReactElement {
  usePageTitle('Your first site')
  const adds = (w: Workspace) => may(w.role, 'manage_sites') && !w.secondFactorNeeded
  const closed = workspaces.filter((w) => w.secondFactorNeeded)
  const workspace = chosen && adds(chosen) ? chosen : workspaces.find(adds)
  if (!workspace) {
    return (
      <section className="settings first-site">
        <h1>No site yet</h1>
        <p className="lead">Your workspaces have no site that you may see. An owner or admin can add one; then it is here.</p>
        <Closed workspaces={closed} />
      </section>
    )
  }
  return (
    <div className="account-page">
      <div className="top">
        <h1>Your first site</h1>
      </div>
      <section className="settings first-site">
        <p className="lead">Tell what you want to measure. The next page has the line to put into its HTML, and waits for the first visit.</p>
        <NewSiteForm label="Your first site" workspaceId={workspace.id} autoFocus />
      </section>
      <Closed workspaces={closed} />
    </div>
  )
}

/** Closed names workspaces whose sites are not shown until one has a second factor, and leads there. */
function Closed({ workspaces }: { workspaces: Workspace[] }): ReactElement | null {
  if (workspaces.length === 0) return null
  return (
    <p className="hint">
      {workspaces.map((w, i) => (
        <Fragment key={w.id}>
          {i > 0 && ', '}
          <Link href={workspacePath(w.id, 'settings')}>{w.name}</Link>
        </Fragment>
      ))}{' '}
      {workspaces.length === 1 ? 'asks' : 'ask'} for a second factor, so sites there are not shown.
    </p>
  )
}
