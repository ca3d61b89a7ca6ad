import type { ReactElement } from 'react'
import { changeRole, useMember } from '../../api/workspaces'
import { WhoChanged } from '../../audit/WhoChanged'
import { Modal } from '../../components/Modal'
import { Problem } from '../../components/Problem'
import { Form } from '../../forms/Form'
import type { DialogProps } from './MembersPage'
import { nameOf } from './MembersTable'
import { RoleField } from './RoleField'

/** RoleDialog makes a member something else, unless somebody else has done so since it was opened. */
export function RoleDialog({ workspace, account, changed, onClose }: DialogProps & { account: string }): ReactElement {
  const asked = useMember(workspace.id, account)
  const done = async () => {
    await changed()
    onClose()
  }
  const member = asked.data?.value
  const tag = asked.data?.tag ?? ''
  return (
    <Modal title={member ? `Role of ${nameOf(member)}` : 'Role'} onClose={onClose}>
      {asked.isError && <Problem error={asked.error} retry={() => void asked.refetch()} retrying={asked.isFetching} what="member" />}
      {!member && !asked.isError && <div className="role-waiting" aria-busy="true" aria-label="Loading" />}
      {member && (
        <Form
          key={tag}
          label="Change role"
          send={(v) => changeRole(workspace.id, account, { tag, role: v['role'] ?? '' })}
          done={done}
          submit="Change role"
          busy="Changing…"
          home={{ last_owner: 'role', forbidden: 'role' }}
          changed={<WhoChanged workspace={workspace.id} action="member.role_changed" about={`account_id:${account}`} reload={() => Promise.all([asked.refetch(), changed()])} />}
        >
          <RoleField own={workspace.role} role={member.role} autoFocus />
        </Form>
      )}
    </Modal>
  )
}
