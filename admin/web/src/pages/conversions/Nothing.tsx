// An empty list says what is missing, from the beginning of the way, and what to do about it.
import type { ReactElement, ReactNode } from 'react'
import { Link } from 'wouter'
import type { Destinations } from '../../api/destinations'
import type { Site, Workspace } from '../../api/types'
import { siteSettingsPath, workspacePath } from '../../app/paths'
import { may } from '../../roles/roles'
import { narrowed, NOTHING_CHOSEN, type Chosen } from './filter'

interface NothingProps {
  site: Site
  workspace: Workspace
  chosen: Chosen
  choose: (change: Partial<Chosen>) => void
  to: Destinations | undefined
}

export function Nothing({ site, workspace, chosen, choose, to }: NothingProps): ReactElement {
  const manages = may(workspace.role, 'manage_uploads')
  const google = manages ? <NextStep href={workspacePath(workspace.id, 'google')}>{to?.connected ? 'Choose an action' : 'Connect Google Ads'}</NextStep> : <p>An owner, an admin or a campaign manager of the workspace can do that.</p>
  if (narrowed(chosen)) return <NoneFits chosen={chosen} clear={() => choose(NOTHING_CHOSEN)} />
  if (to && !to.connected) {
    return (
      <Teaches title="No sale in these days, and no account of Google Ads is connected yet.">
        <p>Connect the account that your ads run in, and choose the conversion action for the sales of this site. From then on every sale stands here, with where it is and why.</p>
        {google}
      </Teaches>
    )
  }
  if (to && to.all.length === 0) {
    return (
      <Teaches title="No sale in these days, and no conversion action is chosen for this site.">
        <p>Google Ads is connected. Choose to which of its conversion actions the sales of this site go: until then none is sent.</p>
        {google}
      </Teaches>
    )
  }
  return (
    <Teaches title="No sale in these days.">
      <p>A sale is an event that your shop reports with an amount and an order id. It finds the ad click that led to it by itself. If there were sales, choose more days above; if there were none ever, see whether the shop reports them.</p>
      {may(workspace.role, 'read_reports') && <NextStep href={siteSettingsPath(site, 'installation')}>Is it installed?</NextStep>}
    </Teaches>
  )
}

function NextStep({ href, children }: { href: string; children: ReactNode }): ReactElement {
  return (
    <Link className="ctl" href={href}>
      {children}
    </Link>
  )
}

function Teaches({ title, children }: { title: string; children: ReactNode }): ReactElement {
  return (
    <div className="nothing teaches">
      <p>
        <b>{title}</b>
      </p>
      {children}
    </div>
  )
}

function NoneFits({ chosen, clear }: { chosen: Chosen; clear: () => void }): ReactElement {
  const only = chosen.show === 'person' && [chosen.state, chosen.reason, chosen.action, chosen.campaign, chosen.click, chosen.search].every((v) => v === '')
  return (
    <div className="nothing">
      <p>{only ? 'Nothing needs a person.' : chosen.search ? 'No sale has this order, event, transaction or click id. It has to be the whole id.' : 'No sale fits this filter.'}</p>
      <button type="button" className="link" onClick={clear}>
        Show all
      </button>
    </div>
  )
}
