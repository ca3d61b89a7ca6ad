// What a workspace is called, what one is in it, whose it is, and how to leave it.
import { useState, type ReactElement } from 'react'
import type { Me, Workspace } from '../../api/types'
import { useMembers, useWorkspace, type Member, type OwnWorkspace } from '../../api/workspaces'
import { usePageTitle } from '../../app/usePageTitle'
import { Problem } from '../../components/Problem'
import { Line, Section } from '../../components/Section'
import { Waiting } from '../../components/Waiting'
import { dayText, ownZone } from '../../format/moment'
import { may, roleName, roleSummary } from '../../roles/roles'
import { DeleteDialog, DeletionSection } from './Deletion'
import { LeaveDialog } from './LeaveDialog'
import { SecondFactorDialog, SecondFactorSection } from './SecondFactor'
import { RenameDialog } from './RenameDialog'
import { TransferDialog } from './TransferDialog'

interface PageProps {
  workspace: Workspace
  me: Me
}

export function WorkspaceSettingsPage({ workspace, me }: PageProps): ReactElement {
  usePageTitle(`Settings · ${workspace.name}`)
  const own = useWorkspace(workspace.id)
  const members = useMembers(workspace.id, may(workspace.role, 'manage_members'))
  const failed = own.isError && !own.data ? own : members.isError && !members.data ? members : null
  return (
    <div className="account-page">
      <div className="top">
        <h1>Workspace settings</h1>
      </div>
      {failed ? (
        <div className="settings">
          <Problem error={failed.error!} retry={() => void failed.refetch()} retrying={failed.isFetching} what="page" />
        </div>
      ) : own.data && !members.isLoading ? (
        <Loaded workspace={workspace} me={me} own={own.data.value} members={members.data ?? []} />
      ) : (
        <Waiting label="Loading the workspace" sections={[4, 1, 1, 1]} />
      )}
    </div>
  )
}

type Opened = 'rename' | 'second-factor' | 'transfer' | 'leave' | 'delete'

function Loaded({ workspace, me, own, members }: PageProps & { own: OwnWorkspace; members: Member[] }): ReactElement {
  const [opened, setOpened] = useState<Opened | null>(null)
  const close = () => setOpened(null)
  const others = members.filter((m) => m.email !== me.account.email)
  return (
    <>
      <Section title="General">
        <Line
          label="Name"
          action={
            may(workspace.role, 'edit_workspace') && (
              <button type="button" className="ctl" aria-label="Change name" onClick={() => setOpened('rename')}>
                Change
              </button>
            )
          }
        >
          {workspace.name}
        </Line>
        <Line label="Your role">
          <span className="capital">{roleName(workspace.role)}</span>
          <small>{roleSummary(workspace.role)}</small>
        </Line>
        <Line label="Since">{dayText(new Date(own.createdAt), ownZone())}</Line>
        <Line label="Number">
          <span className="figures">{workspace.id}</span>
          <small>How programs name this workspace.</small>
        </Line>
      </Section>
      <SecondFactorSection workspace={workspace} demanded={own.secondFactor} open={() => setOpened('second-factor')} />
      {may(workspace.role, 'transfer_ownership') && <Ownership others={others} members={members} open={() => setOpened('transfer')} />}
      <Leaving workspace={workspace} alone={onlyOwner(workspace, members)} open={() => setOpened('leave')} />
      {may(workspace.role, 'delete_workspace') && <DeletionSection workspace={own} open={() => setOpened('delete')} />}
      {opened === 'rename' && <RenameDialog workspace={workspace} onClose={close} />}
      {opened === 'second-factor' && <SecondFactorDialog workspace={workspace} onClose={close} />}
      {opened === 'transfer' && <TransferDialog workspace={workspace} others={others} onClose={close} />}
      {opened === 'delete' && <DeleteDialog workspace={workspace} onClose={close} />}
      {opened === 'leave' && <LeaveDialog workspace={workspace} sites={me.sites.filter((s) => s.workspaceId === workspace.id).length} onClose={close} />}
    </>
  )
}

const onlyOwner = (workspace: Workspace, members: Member[]) => workspace.role === 'owner' && members.filter((m) => m.role === 'owner').length < 2

function Ownership({ others, members, open }: { others: Member[]; members: Member[]; open: () => void }): ReactElement {
  const owners = members.filter((m) => m.role === 'owner')
  return (
    <Section title="Ownership">
      <Line
        label={owners.length === 1 ? 'Owner' : 'Owners'}
        action={
          others.length > 0 && (
            <button type="button" className="ctl" onClick={open}>
              Hand over…
            </button>
          )
        }
      >
        {owners.map((o) => o.name || o.email).join(', ')}
        <small>
          {others.length > 0
            ? 'Handing over makes another member owner, and you admin.'
            : 'There is nobody to hand it over to yet: invite somebody first, under Members.'}
        </small>
      </Line>
    </Section>
  )
}

function Leaving({ workspace, alone, open }: { workspace: Workspace; alone: boolean; open: () => void }): ReactElement {
  return (
    <Section title="Leave">
      <Line
        label="Your membership"
        action={
          <button type="button" className="ctl danger-quiet" disabled={alone} onClick={open}>
            Leave…
          </button>
        }
      >
        {alone ? `You are the only owner, so you cannot leave ${workspace.name}.` : `You no longer see ${workspace.name} and its sites.`}
        <small>{alone ? 'A workspace has an owner: make another member owner first, or hand it over.' : 'Only a new invitation brings you back.'}</small>
      </Line>
    </Section>
  )
}
