// Partners that report sales of a site by postback, and what they call each field.
import { useQuery, type UseQueryResult } from '@tanstack/react-query'
import { request, requestTagged, type Tagged } from './client'
import { fields, text } from './decode'
import { allPages } from './workspaces'

export interface Partner {
  id: string
  name: string
  /** parameters and statuses are the partner's words: by our field, by its status. */
  parameters: Record<string, string>
  statuses: Record<string, string>
  plainOk: boolean
  /** address is what the partner calls, with its own values in braces. */
  address: string
}

const at = (site: string, id = '') => `/api/v1/sites/${encodeURIComponent(site)}/partners${id && `/${encodeURIComponent(id)}`}`

export const partnersKey = (site: string) => ['partners', site] as const

export function usePartners(site: string): UseQueryResult<Partner[]> {
  return useQuery({ queryKey: partnersKey(site), queryFn: ({ signal }) => allPages(at(site), 'partners', signal, decodePartner) })
}

/** usePartner is one with the tag of its state, never an old one. */
export function usePartner(site: string, id: string): UseQueryResult<Tagged<Partner>> {
  return useQuery({ queryKey: ['partner', site, id], queryFn: ({ signal }) => requestTagged(at(site, id), { signal }, decodePartner), enabled: id !== '', staleTime: 0, gcTime: 0, refetchOnWindowFocus: false })
}

export const createPartner = (site: string, body: string, once: string) => request(at(site), { method: 'POST', body, once }, decodePartner)
export const changePartner = (site: string, id: string, change: { tag: string; body: string }) => request(at(site, id), { method: 'PATCH', ...change }, decodePartner)
export const deletePartner = (site: string, id: string, tag: string) => request(at(site, id), { method: 'DELETE', tag }, () => null)

function decodePartner(v: unknown): Partner {
  const p = fields(v)
  const words = (name: string) => Object.fromEntries(Object.entries(fields(p[name])).map(([k, word]) => [k, text(word)]))
  return { id: text(p['id']), name: text(p['name']), parameters: words('parameters'), statuses: words('statuses'), plainOk: p['plain_ok'] === true, address: text(p['address']) }
}
