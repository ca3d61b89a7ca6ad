import { useMemo, type ReactElement } from 'react'
import type { Member } from '../../api/workspaces'
import { DataTable, type Column } from '../../components/DataTable'
import { Icon } from '../../components/icons'
import { Menu, MenuItem } from '../../components/Menu'
import { day } from '../../format/date'
import { dayText, momentText, ownZone } from '../../format/moment'
import { initials } from '../../format/names'
import { roleName, roles } from '../../roles/roles'
import type { Opened } from './MembersPage'

interface MembersTableProps {
  members: Member[]
  own: string
  ownRole: string
  open: (what: Opened) => void
}

/** MembersTable lists owners first. Why somebody cannot be changed stands in their line. */
export function MembersTable({ members, own, ownRole, open }: MembersTableProps): ReactElement {
  const rows = useMemo(() => [...members].sort((a, b) => rank(a) - rank(b) || nameOf(a).localeCompare(nameOf(b))), [members])
  const owners = members.filter((m) => m.role === 'owner').length
  const fixed = (m: Member) => (m.role !== 'owner' ? '' : owners < 2 ? 'The only owner stays: make somebody else owner first.' : ownRole !== 'owner' ? 'Only owners change owners.' : '')
  const columns: readonly Column<Member>[] = [
    { id: 'person', header: 'Person', cell: (m) => <Person member={m} own={own} /> },
    { id: 'role', header: 'Role', cell: (m) => <RoleCell role={m.role} why={fixed(m)} /> },
    { id: 'joined', header: 'Joined', least: true, cell: (m) => <Day at={m.createdAt} /> },
    { id: 'seen', header: 'Last seen', least: true, cell: (m) => (m.lastSeen ? <time dateTime={m.lastSeen}>{`${day(m.lastSeen)} ${m.lastSeen.slice(0, 4)}`}</time> : <span className="dim">signed in nowhere</span>) },
    { id: 'more', header: <span className="sr-only">Changes</span>, cell: (m) => (fixed(m) ? null : <More member={m} own={own} open={open} />) },
  ]
  return (
    <section className="settings" aria-label="Members">
      <DataTable caption="Members of the workspace" className="lines members-table" columns={columns} rows={rows} />
      <p className="table-foot">{members.length === 1 ? 'One member' : `${members.length} members`}</p>
    </section>
  )
}

const rank = (m: Member) => (roles as readonly string[]).indexOf(m.role)
export const nameOf = (m: Member) => m.name || m.email

function Person({ member, own }: { member: Member; own: string }): ReactElement {
  return (
    <span className="person">
      <span className="avatar quiet" aria-hidden="true">
        {initials(nameOf(member))}
      </span>
      <span className="two">
        <span>
          {nameOf(member)} {member.email === own && <span className="tag">You</span>}
        </span>
        <small>{member.email}</small>
      </span>
    </span>
  )
}

function RoleCell({ role, why }: { role: string; why: string }): ReactElement {
  return (
    <span className="two">
      <span className="capital">{roleName(role)}</span>
      {why && <small>{why}</small>}
    </span>
  )
}

function Day({ at }: { at: string }): ReactElement {
  const moment = new Date(at)
  return (
    <time dateTime={at} title={momentText(moment, ownZone())}>
      {dayText(moment, ownZone())}
    </time>
  )
}

function More({ member, own, open }: { member: Member; own: string; open: (what: Opened) => void }): ReactElement {
  return (
    <Menu
      label={`Changes of ${nameOf(member)}`}
      align="end"
      trigger={
        <button type="button" className="icon-button" aria-label={`Change ${nameOf(member)}`}>
          <Icon name="more" />
        </button>
      }
    >
      <MenuItem onSelect={() => open({ kind: 'role', member })}>Change role…</MenuItem>
      {member.email !== own && <MenuItem onSelect={() => open({ kind: 'remove', member })}>Remove from the workspace…</MenuItem>}
    </Menu>
  )
}
