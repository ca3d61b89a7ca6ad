import { useQueryClient } from '@tanstack/react-query'
import type { ReactElement } from 'react'
import type { Workspace } from '../../api/types'
import { deleteWorkspace, keepWorkspace, workspaceKey, type OwnWorkspace } from '../../api/workspaces'
import { Modal } from '../../components/Modal'
import { Line, Section } from '../../components/Section'
import { momentText, ownZone, zoneText } from '../../format/moment'
import { Field } from '../../forms/Field'
import { Form } from '../../forms/Form'
import { sentence } from '../../forms/problems'
import { useSend } from '../../forms/useSend'

/** DeletionSection plans the end of a workspace, and takes it back. */
export function DeletionSection({ workspace, open }: { workspace: OwnWorkspace; open: () => void }): ReactElement {
  const client = useQueryClient()
  const keeping = useSend(keepWorkspace, () => client.invalidateQueries({ queryKey: workspaceKey(workspace.id) }))
  const at = workspace.eraseAfter === null ? null : new Date(workspace.eraseAfter)
  return (
    <Section title="Delete workspace">
      {at ? (
        <Line
          label="Planned for"
          action={
            <button type="button" className="ctl" aria-busy={keeping.pending} onClick={() => keeping.run(workspace.id)}>
              Keep the workspace
            </button>
          }
          below={keeping.error && <p className="form-status bad" role="alert">{sentence(keeping.error)}</p>}
        >
          <b>
            {momentText(at, ownZone())}, {zoneText(ownZone(), at)}
          </b>
          <small>Until then everything goes on, and any owner can take it back. Afterwards nobody can.</small>
        </Line>
      ) : (
        <Line
          label="For good"
          action={
            <button type="button" className="ctl danger-quiet" onClick={open}>
              Delete workspace…
            </button>
          }
        >
          Seven days later its sites, events, members and keys are erased.
          <small>All owners are told by mail, and any of them can take it back until then.</small>
        </Line>
      )}
    </Section>
  )
}

export function DeleteDialog({ workspace, onClose }: { workspace: Workspace; onClose: () => void }): ReactElement {
  const client = useQueryClient()
  const done = async () => {
    await client.invalidateQueries({ queryKey: workspaceKey(workspace.id) })
    onClose()
  }
  return (
    <Modal title={`Delete ${workspace.name}`} onClose={onClose}>
      <Form label="Delete workspace" send={(v) => deleteWorkspace(workspace.id, v['workspace_name'] ?? '')} done={done} submit="Plan deletion" busy="Planning…" danger home={{ conflict: 'workspace_name' }}>
        <p>
          In seven days everything in <b>{workspace.name}</b> is erased: sites with all their events and reports, goals, keys, members, invitations. Accounts of members stay. Until then events are still taken, and you can keep it.
        </p>
        <Field name="workspace_name" label={`Type its name: ${workspace.name}`} autoComplete="off" spellCheck={false} maxLength={100} data-autofocus missing="The name is needed, so that nobody deletes another workspace than they think." />
      </Form>
    </Modal>
  )
}
