// Where one is when the address does not say: the workspace and the site that were looked at last.
import type { Me, Site, Workspace } from '../api/types'
import { LAST_SITE, LAST_WORKSPACE } from './paths'
import { readChoice } from './storage'

export interface Place {
  workspace: Workspace | undefined
  /** site is one of the workspace, the last one if that is. */
  site: Site | undefined
}

/** placeIn is a workspace with the site to begin with. */
export function placeIn(me: Me, workspace: Workspace | undefined, lastSite: string | null = readChoice(LAST_SITE)): Place {
  const sites = sitesOf(me, workspace)
  return { workspace, site: sites.find((s) => s.publicKey === lastSite) ?? sites[0] }
}

export function startPlace(me: Me, last: { workspace: string | null; site: string | null } = { workspace: readChoice(LAST_WORKSPACE), site: readChoice(LAST_SITE) }): Place {
  const seen = me.sites.find((s) => s.publicKey === last.site) ?? me.sites[0]
  const workspace = me.workspaces.find((w) => w.id === last.workspace) ?? workspaceOf(me, seen) ?? me.workspaces[0]
  return placeIn(me, workspace, last.site)
}

export function workspaceOf(me: Me, site: Site | undefined): Workspace | undefined {
  return me.workspaces.find((w) => w.id === site?.workspaceId)
}

export function sitesOf(me: Me, workspace: Workspace | undefined): Site[] {
  return me.sites.filter((s) => s.workspaceId === workspace?.id)
}
