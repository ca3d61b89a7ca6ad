import { useQueryClient } from '@tanstack/react-query'
import type { ReactElement } from 'react'
import type { Workspace } from '../../api/types'
import { renameWorkspace, useWorkspace, workspaceKey } from '../../api/workspaces'
import { WhoChanged } from '../../audit/WhoChanged'
import { Modal } from '../../components/Modal'
import { Field } from '../../forms/Field'
import { Form } from '../../forms/Form'

/** RenameDialog changes the name, unless somebody else has done so since it was read. */
export function RenameDialog({ workspace, onClose }: { workspace: Workspace; onClose: () => void }): ReactElement {
  const client = useQueryClient()
  const own = useWorkspace(workspace.id)
  const asked = () => Promise.all([client.refetchQueries({ queryKey: ['me'] }), client.invalidateQueries({ queryKey: workspaceKey(workspace.id) })])
  const done = async () => {
    await asked()
    onClose()
  }
  const tag = own.data?.tag ?? ''
  return (
    <Modal title="Change name" onClose={onClose}>
      <Form
        key={tag}
        label="Change name"
        send={(v) => renameWorkspace(workspace.id, tag, v['name'] ?? '')}
        done={done}
        submit="Save"
        busy="Saving…"
        changed={<WhoChanged workspace={workspace.id} action="workspace.renamed" reload={asked} />}
      >
        <Field name="name" label="Name" autoComplete="off" maxLength={100} defaultValue={own.data?.value.name ?? workspace.name} data-autofocus hint="All members see it." missing="A name is needed." />
      </Form>
    </Modal>
  )
}
