import type { ReactElement } from 'react'
import type { Workspace } from '../../api/types'
import { leaveWorkspace } from '../../api/workspaces'
import { LAST_WORKSPACE, paths } from '../../app/paths'
import { writeChoice } from '../../app/storage'
import { Modal } from '../../components/Modal'
import { Form } from '../../forms/Form'

/** LeaveDialog ends one's own membership, and begins anew with what is left. */
export function LeaveDialog({ workspace, sites, onClose }: { workspace: Workspace; sites: number; onClose: () => void }): ReactElement {
  const done = () => {
    writeChoice(LAST_WORKSPACE, '')
    location.assign(paths.home)
  }
  return (
    <Modal title={`Leave ${workspace.name}`} onClose={onClose}>
      <Form label="Leave the workspace" send={() => leaveWorkspace(workspace.id)} done={done} submit="Leave" busy="Leaving…" danger>
        <p>
          You lose {workspace.name} at once{sites > 0 && `, with the reports of ${sites === 1 ? 'its site' : `its ${sites} sites`}`}. Only a new invitation brings you back. Your account and your other workspaces stay as they are, and so does what you did here.
        </p>
      </Form>
    </Modal>
  )
}
