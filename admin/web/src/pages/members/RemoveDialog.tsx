import { useQueryClient } from '@tanstack/react-query'
import type { ReactElement } from 'react'
import { ApiError } from '../../api/client'
import { fetchMember, membersKey, removeMember, type Member } from '../../api/workspaces'
import { WhoChanged } from '../../audit/WhoChanged'
import { Modal } from '../../components/Modal'
import { Form } from '../../forms/Form'
import { roleName } from '../../roles/roles'
import type { DialogProps } from './MembersPage'
import { nameOf } from './MembersTable'

/** RemoveDialog ends somebody's membership, in the role that the list shows. */
export function RemoveDialog({ workspace, member, changed, onClose }: DialogProps & { member: Member }): ReactElement {
  const client = useQueryClient()
  const send = async () => {
    const now = await client.fetchQuery({ queryKey: [...membersKey(workspace.id), member.accountId], queryFn: ({ signal }) => fetchMember(workspace.id, member.accountId, signal), staleTime: 0 })
    if (now.value.role !== member.role) throw new ApiError(412, 'changed_meanwhile', 'Somebody changed their role meanwhile.')
    await removeMember(workspace.id, member.accountId, now.tag)
  }
  const done = async () => {
    await changed()
    onClose()
  }
  const name = nameOf(member)
  return (
    <Modal title={`Remove ${name}`} onClose={onClose}>
      <Form
        label="Remove from the workspace"
        send={send}
        done={done}
        submit="Remove"
        busy="Removing…"
        danger
        changed={<WhoChanged workspace={workspace.id} action="member" about={`account_id:${member.accountId}`} reload={done} />}
      >
        <p>
          {name} is {roleName(member.role)} here, and loses {workspace.name} with all its sites at once. Their account stays, and so does what they did here. Keys that they made go on working: revoke them if they should not.
        </p>
      </Form>
    </Modal>
  )
}
