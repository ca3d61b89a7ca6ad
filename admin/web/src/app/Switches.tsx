// The two switches of the frame, joined: which workspace, and which of its sites.
import type { ReactElement } from 'react'
import { useLocation } from 'wouter'
import type { Me, Site, Workspace } from '../api/types'
import { Icon } from '../components/icons'
import { Menu, MenuChoices, MenuItem, MenuLine } from '../components/Menu'
import { initials } from '../format/names'
import { may, roleName } from '../roles/roles'
import { conversionsPath, paths, sitePath, workspacePath, type WorkspacePlace } from './paths'
import { placeIn, sitesOf, type Place } from './start'

export function Switches({ me, place, page }: { me: Me; place: Place; page: WorkspacePlace | undefined }): ReactElement | null {
  const { workspace, site } = place
  if (!workspace) return null
  return (
    <div className="switches">
      <WorkspaceSwitch me={me} workspace={workspace} page={page} />
      {site && <SiteSwitch sites={sitesOf(me, workspace)} site={site} workspace={workspace} />}
    </div>
  )
}

/** WorkspaceSwitch stays on the same page of the other workspace, where its role may see that. */
function WorkspaceSwitch({ me, workspace, page }: { me: Me; workspace: Workspace; page: WorkspacePlace | undefined }): ReactElement {
  const [, navigate] = useLocation()
  const open = (id: string) => {
    const next = placeIn(me, me.workspaces.find((w) => w.id === id))
    if (page && page !== 'sites/new') navigate(workspacePath(id, page))
    else navigate(next.site ? sitePath(next.site) : workspacePath(id, 'sites'))
  }
  return (
    <Menu
      label="Workspaces"
      trigger={
        <button type="button" className="switch workspace-switch">
          <span className="cut">{workspace.name}</span>
          <span className="sr-only">Switch workspace</span>
          <Icon name="chevron" />
        </button>
      }
    >
      <MenuChoices
        value={workspace.id}
        onChange={open}
        options={me.workspaces.map((w) => ({ id: w.id, label: <TwoLines first={w.name} second={w.secondFactorNeeded ? 'Asks for a second factor' : `You are ${roleName(w.role)}`} /> }))}
      />
      <MenuLine />
      <MenuItem onSelect={() => navigate(paths.newWorkspace)}>New workspace</MenuItem>
    </Menu>
  )
}

/** SiteSwitch stays on conversions; from all other pages it leads to the overview. */
function SiteSwitch({ sites, site, workspace }: { sites: Site[]; site: Site; workspace: Workspace }): ReactElement {
  const [path, navigate] = useLocation()
  const tile = (
    <>
      <span className="avatar" aria-hidden="true">
        {initials(site.name)}
      </span>
      <span className="switch-text">
        <b>{site.name}</b>
        <small>{site.hostname}</small>
      </span>
    </>
  )
  const adds = may(workspace.role, 'manage_sites')
  if (sites.length < 2 && !adds) return <div className="switch">{tile}</div>
  const open = (key: string) => {
    const next = sites.find((s) => s.publicKey === key)
    if (next) navigate(path === conversionsPath(site) ? conversionsPath(next) : sitePath(next))
  }
  return (
    <Menu
      label="Sites"
      trigger={
        <button type="button" className="switch">
          {tile}
          <span className="sr-only">Switch site</span>
          <Icon name="chevron" />
        </button>
      }
    >
      <MenuChoices value={site.publicKey} onChange={open} options={sites.map((s) => ({ id: s.publicKey, label: <TwoLines first={s.name} second={s.hostname} /> }))} />
      {adds && (
        <>
          <MenuLine />
          <MenuItem onSelect={() => navigate(workspacePath(workspace.id, 'sites/new'))}>Add a site</MenuItem>
        </>
      )}
    </Menu>
  )
}

function TwoLines({ first, second }: { first: string; second: string }): ReactElement {
  return (
    <span className="two-lines">
      {first}
      <small>{second}</small>
    </span>
  )
}
