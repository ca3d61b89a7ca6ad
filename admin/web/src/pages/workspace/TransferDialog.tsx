import { useQueryClient } from '@tanstack/react-query'
import type { ReactElement } from 'react'
import type { Workspace } from '../../api/types'
import { transferWorkspace, workspaceKey, type Member } from '../../api/workspaces'
import { Modal } from '../../components/Modal'
import { Form } from '../../forms/Form'
import { SelectField } from '../../forms/SelectField'
import { roleName } from '../../roles/roles'

/** TransferDialog makes another member owner, and oneself admin. */
export function TransferDialog({ workspace, others, onClose }: { workspace: Workspace; others: Member[]; onClose: () => void }): ReactElement {
  const client = useQueryClient()
  const done = async () => {
    await Promise.all([client.refetchQueries({ queryKey: ['me'] }), client.invalidateQueries({ queryKey: workspaceKey(workspace.id) })])
    onClose()
  }
  const options = [{ value: '', label: 'Choose a member' }, ...others.map((m) => ({ value: m.accountId, label: `${m.name || m.email}, ${roleName(m.role)}` }))]
  return (
    <Modal title={`Hand over ${workspace.name}`} onClose={onClose}>
      <Form label="Hand over" send={(v) => transferWorkspace(workspace.id, v['account_id'] ?? '')} done={done} submit="Hand over" busy="Handing over…" danger>
        <p>
          The new owner may do everything here. <b>You become admin</b>: you keep sites, keys and members, but cannot take the ownership back yourself. Sites and reports go on as they are.
        </p>
        <SelectField name="account_id" label="New owner" options={options} defaultValue="" missing="Choose who becomes owner." autoFocus />
      </Form>
    </Modal>
  )
}
