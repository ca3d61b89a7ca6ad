import type { ReactElement } from 'react'
import type { Workspace } from '../../api/types'
import { usePageTitle } from '../../app/usePageTitle'
import { may } from '../../roles/roles'
import { NewSiteForm } from '../../sites/NewSiteForm'

/** FirstSitePage is what a new account meets: without a site there is nothing to show. */
export function FirstSitePage({ workspaces, chosen }: { workspaces: Workspace[]; chosen: Workspace | undefined }): ReactElement {
  usePageTitle('Your first site')
  const adds = (w: Workspace) => may(w.role, 'manage_sites')
  const workspace = chosen && adds(chosen) ? chosen : workspaces.find(adds)
  if (!workspace) {
    return (
      <section className="settings first-site">
        <h1>No site yet</h1>
        <p className="lead">Your workspaces have no site that you may see. An owner or admin can add one; then it is here.</p>
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
    </div>
  )
}
