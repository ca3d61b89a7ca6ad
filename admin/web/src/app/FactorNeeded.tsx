import { useState, type ReactElement } from 'react'
import { Link } from 'wouter'
import type { Workspace } from '../api/types'
import { LeaveDialog } from '../pages/workspace/LeaveDialog'
import { paths } from './paths'
import { usePageTitle } from './usePageTitle'

/** FactorNeeded stands in the place of every page of a workspace that demands a second factor, for those without one. */
export function FactorNeeded({ workspace }: { workspace: Workspace }): ReactElement {
  usePageTitle('A second factor is needed')
  const [leaving, setLeaving] = useState(false)
  return (
    <div className="account-page">
      <div className="top">
        <h1>A second factor is needed</h1>
      </div>
      <section className="settings plain-box">
        <p>
          {workspace.name} is open to members who sign in with a second factor. Turn two-step sign-in on in your account, or add a passkey there and sign in with it; then you are let in at once.
        </p>
        <div className="door-actions">
          <Link className="ctl primary" href={paths.account}>
            Set it up in your account
          </Link>
          <button type="button" className="link" onClick={() => setLeaving(true)}>
            Leave the workspace…
          </button>
        </div>
      </section>
      {leaving && <LeaveDialog workspace={workspace} sites={0} onClose={() => setLeaving(false)} />}
    </div>
  )
}
