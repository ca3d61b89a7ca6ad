import { useQueryClient } from '@tanstack/react-query'
import { useState, type ReactElement } from 'react'
import { useLocation } from 'wouter'
import { onceKeys } from '../../api/once'
import { createWorkspace, type OwnWorkspace } from '../../api/workspaces'
import { workspacePath } from '../../app/paths'
import { usePageTitle } from '../../app/usePageTitle'
import { Field } from '../../forms/Field'
import { Form, type Values } from '../../forms/Form'

/** NewWorkspacePage makes a workspace that one owns, and goes on to its sites. */
export function NewWorkspacePage(): ReactElement {
  usePageTitle('New workspace')
  const client = useQueryClient()
  const [, navigate] = useLocation()
  const [once] = useState(() => onceKeys())
  const send = (v: Values) => {
    const body = JSON.stringify({ name: v['name'] ?? '' })
    return createWorkspace(body, once(body))
  }
  const done = async (made: OwnWorkspace) => {
    await client.refetchQueries({ queryKey: ['me'] })
    navigate(workspacePath(made.id, 'sites'))
  }
  return (
    <div className="account-page">
      <div className="top">
        <h1>New workspace</h1>
      </div>
      <section className="settings first-site">
        <p className="lead">A workspace has sites, members and keys of its own. What happens in one is not seen in another. You will be its owner.</p>
        <Form label="New workspace" send={send} done={done} submit="Make workspace" busy="Making…" guarded>
          <Field name="name" label="Name" autoComplete="organization" maxLength={100} autoFocus hint="A company or a client, such as Acme Media." missing="A name is needed." />
        </Form>
      </section>
    </div>
  )
}
