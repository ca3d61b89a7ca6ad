import { request } from './client'
import { decodeSite } from './decode'
import type { Site } from './types'

export interface NewSite {
  workspace_id: string
  name: string
  hostnames: string[]
  time_zone: string
  currency: string
}

/** addSite makes a site in a workspace; sent again under the same key it makes no second. */
export function addSite(body: string, once: string): Promise<Site> {
  return request('/api/v1/sites', { method: 'POST', body, once }, decodeSite)
}
