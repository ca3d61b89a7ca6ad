import { useState, type ReactElement } from 'react'
import { onceKeys } from '../../api/once'
import { invite } from '../../api/workspaces'
import { Modal } from '../../components/Modal'
import { Field } from '../../forms/Field'
import { Form, type Values } from '../../forms/Form'
import type { DialogProps } from './MembersPage'
import { RoleField } from './RoleField'

/** InviteDialog sends somebody a link, and says as what they join. */
export function InviteDialog({ workspace, changed, onClose }: DialogProps): ReactElement {
  const [once] = useState(() => onceKeys())
  const send = (v: Values) => {
    const body = JSON.stringify({ email: (v['email'] ?? '').trim(), role: v['role'] ?? '' })
    return invite(workspace.id, body, once(body))
  }
  const done = async () => {
    await changed()
    onClose()
  }
  return (
    <Modal title={`Invite to ${workspace.name}`} onClose={onClose}>
      <Form label="Invite" send={send} done={done} submit="Send invitation" busy="Sending…" home={{ already_member: 'email', conflict: 'email' }}>
        <Field
          name="email"
          label="E-mail address"
          type="email"
          autoComplete="off"
          inputMode="email"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={254}
          data-autofocus
          hint="Gets a link that is good for a week, for an account of this address."
          missing="An address is needed."
        />
        <RoleField own={workspace.role} role="analyst" />
      </Form>
    </Modal>
  )
}
