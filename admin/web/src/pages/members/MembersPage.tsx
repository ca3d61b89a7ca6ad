// Who belongs to a workspace, who is invited, and what each role may do.
import { useQueryClient } from '@tanstack/react-query'
import { useState, type ReactElement } from 'react'
import type { Workspace } from '../../api/types'
import { useInvitations, useMembers, workspaceKey, type Member } from '../../api/workspaces'
import { usePageTitle } from '../../app/usePageTitle'
import { Icon } from '../../components/icons'
import { Problem } from '../../components/Problem'
import { Waiting } from '../../components/Waiting'
import { ownZone, zoneText } from '../../format/moment'
import { InvitationsSection } from './InvitationsSection'
import { InviteDialog } from './InviteDialog'
import { MembersTable } from './MembersTable'
import { RemoveDialog } from './RemoveDialog'
import { RoleDialog } from './RoleDialog'
import { RolesTable } from './RolesTable'

interface PageProps {
  workspace: Workspace
  /** own is the reader's address. */
  own: string
}

export type Opened = { kind: 'invite' } | { kind: 'role' | 'remove'; member: Member }

export function MembersPage({ workspace, own }: PageProps): ReactElement {
  usePageTitle(`Members · ${workspace.name}`)
  const members = useMembers(workspace.id)
  const invitations = useInvitations(workspace.id)
  const [opened, setOpened] = useState<Opened | null>(null)
  const client = useQueryClient()
  const close = () => setOpened(null)
  const changed = async () => {
    await Promise.all([client.invalidateQueries({ queryKey: workspaceKey(workspace.id) }), client.invalidateQueries({ queryKey: ['me'] })])
  }
  const failed = members.isError && !members.data ? members : invitations.isError && !invitations.data ? invitations : null
  return (
    <div className="account-page wide-page">
      <div className="top">
        <h1>Members</h1>
        <button type="button" className="ctl primary" onClick={() => setOpened({ kind: 'invite' })}>
          <Icon name="plus" />
          Invite
        </button>
      </div>
      {failed ? (
        <div className="settings">
          <Problem error={failed.error!} retry={() => void failed.refetch()} retrying={failed.isFetching} what="list" />
        </div>
      ) : members.data && invitations.data ? (
        <>
          <MembersTable members={members.data} own={own} ownRole={workspace.role} open={setOpened} />
          <InvitationsSection workspace={workspace.id} invitations={invitations.data} changed={changed} invite={() => setOpened({ kind: 'invite' })} />
          <RolesTable />
          <p className="state">Times are in your time zone, {zoneText(ownZone(), new Date())}.</p>
        </>
      ) : (
        <Waiting label="Loading the members" sections={[3, 1]} />
      )}
      {opened?.kind === 'invite' && <InviteDialog workspace={workspace} changed={changed} onClose={close} />}
      {opened?.kind === 'role' && <RoleDialog workspace={workspace} account={opened.member.accountId} changed={changed} onClose={close} />}
      {opened?.kind === 'remove' && <RemoveDialog workspace={workspace} member={opened.member} changed={changed} onClose={close} />}
    </div>
  )
}

/** DialogProps are what every dialog of the page gets. */
export interface DialogProps {
  workspace: Workspace
  changed: () => Promise<void>
  onClose: () => void
}
