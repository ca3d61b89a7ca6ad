// What each role may do, by the service's own table: roles.json is written by `make roles`.
import table from './roles.json'

export type Role = 'owner' | 'admin' | 'analyst' | 'campaign_manager' | 'billing'

export const roles: readonly Role[] = ['owner', 'admin', 'analyst', 'campaign_manager', 'billing']

/** Permission is a line of the table. */
export interface Permission {
  name: string
  what: string
  roles: readonly string[]
}

export const permissions: readonly Permission[] = table

/** may tells whether a role has a permission, by its name. What is not in the table nobody may. */
export function may(role: string, permission: string): boolean {
  return permissions.find((p) => p.name === permission)?.roles.includes(role) ?? false
}

/** roleName is a role in words: campaign manager. */
export function roleName(role: string): string {
  return role.replaceAll('_', ' ')
}

const summaries: Record<Role, string> = {
  owner: 'Everything, also making owners and handing the workspace over.',
  admin: 'Sites, keys, members and the audit. Cannot make or unmake owners.',
  analyst: 'Reads the reports of all sites, and keeps their goals and funnels.',
  campaign_manager: 'Reads the reports of all sites; will look after campaigns.',
  billing: 'Sees no reports and no visitors; for whoever pays.',
}

/** roleSummary is one sentence on a role. */
export function roleSummary(role: string): string {
  return role in summaries ? summaries[role as Role] : ''
}
