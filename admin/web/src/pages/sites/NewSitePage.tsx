import type { ReactElement } from 'react'
import { useLocation } from 'wouter'
import type { Workspace } from '../../api/types'
import { sitePath } from '../../app/paths'
import { usePageTitle } from '../../app/usePageTitle'
import { NewSiteForm } from '../../sites/NewSiteForm'

/** NewSitePage adds a site; the overview that follows has its snippet, and waits for the first visit. */
export function NewSitePage({ workspace }: { workspace: Workspace }): ReactElement {
  usePageTitle(`Add a site · ${workspace.name}`)
  const [, navigate] = useLocation()
  return (
    <div className="account-page">
      <div className="top">
        <h1>Add a site</h1>
      </div>
      <section className="settings first-site">
        <p className="lead">It belongs to {workspace.name}, and all its members who read reports see it. The next page has the line to put into its HTML, and waits for the first visit.</p>
        <NewSiteForm label="Add a site" workspaceId={workspace.id} done={(site) => navigate(sitePath(site))} autoFocus />
      </section>
    </div>
  )
}
