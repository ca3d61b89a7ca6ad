import { useQueryClient } from '@tanstack/react-query'
import type { ReactElement } from 'react'
import type { Workspace } from '../../api/types'
import { demandSecondFactor, useWorkspace, workspaceKey } from '../../api/workspaces'
import { WhoChanged } from '../../audit/WhoChanged'
import { Modal } from '../../components/Modal'
import { Line, Section } from '../../components/Section'
import { Form } from '../../forms/Form'
import { may } from '../../roles/roles'

/** SecondFactorSection says whether members need a second factor, and lets owners choose. */
export function SecondFactorSection({ workspace, demanded, open }: { workspace: Workspace; demanded: boolean; open: () => void }): ReactElement {
  return (
    <Section title="Signing in">
      <Line
        label="Second factor"
        action={
          may(workspace.role, 'demand_second_factor') && (
            <button type="button" className="ctl" aria-label="Change second factor" onClick={open}>
              Change
            </button>
          )
        }
      >
        {demanded ? 'Needed by every member' : 'Up to each member'}
        <small>{demanded ? 'Members without two-step sign-in or a passkey see nothing of this workspace. Keys of programs go on.' : 'A password is enough to see this workspace.'}</small>
      </Line>
    </Section>
  )
}

/** SecondFactorDialog demands a second factor of all members, or no longer. */
export function SecondFactorDialog({ workspace, onClose }: { workspace: Workspace; onClose: () => void }): ReactElement {
  const client = useQueryClient()
  const own = useWorkspace(workspace.id)
  const asked = () => Promise.all([client.refetchQueries({ queryKey: ['me'] }), client.invalidateQueries({ queryKey: workspaceKey(workspace.id) })])
  const done = async () => {
    await asked()
    onClose()
  }
  const tag = own.data?.tag ?? ''
  const demanded = own.data?.value.secondFactor ?? false
  const title = demanded ? 'No longer demand a second factor' : 'Demand a second factor'
  return (
    <Modal title={title} onClose={onClose}>
      <Form
        key={tag}
        label={title}
        send={() => demandSecondFactor(workspace.id, tag, !demanded)}
        done={done}
        submit={demanded ? 'Demand it no longer' : 'Demand it'}
        busy="Saving…"
        danger={!demanded}
        changed={<WhoChanged workspace={workspace.id} action="workspace.second_factor" reload={asked} />}
      >
        {demanded ? (
          <p>A password alone opens {workspace.name} again, for members who have nothing else.</p>
        ) : (
          <p>
            From now on <b>members without two-step sign-in or a passkey see nothing of {workspace.name}</b> until they have set it up; they are told how. You need one yourself first.
          </p>
        )}
      </Form>
    </Modal>
  )
}
