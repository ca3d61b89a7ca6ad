import type { ReactElement } from 'react'
import type { Workspace } from '../api/types'
import { permissions, roleName } from '../roles/roles'
import { usePageTitle } from './usePageTitle'

/** Denied is what stands in the place of a page that one's role may not see, and who may. */
export function Denied({ workspace, permission }: { workspace: Workspace; permission: string }): ReactElement {
  usePageTitle('Another role is needed')
  const line = permissions.find((p) => p.name === permission)
  return (
    <div className="account-page">
      <div className="top">
        <h1>Another role is needed</h1>
      </div>
      <section className="settings plain-box">
        <p>
          You are {roleName(workspace.role)} in {workspace.name}. This page is for {(line?.roles ?? []).map((r) => `${roleName(r)}s`).join(' and ')}.
        </p>
        <p className="dim">An owner or admin of the workspace can change your role.</p>
      </section>
    </div>
  )
}
