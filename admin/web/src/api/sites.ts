import { request } from './client'

export interface NewSite {
  workspace_id: string
  name: string
  hostnames: string[]
  time_zone: string
  currency: string
}

/** addSite makes a site in a workspace. */
export function addSite(site: NewSite): Promise<null> {
  return request('/api/v1/sites', { method: 'POST', body: JSON.stringify(site) }, () => null)
}
