// Invitations to a workspace, by the token of their link.
import { useQuery, type UseQueryResult } from '@tanstack/react-query'
import { request } from './client'
import { fields, text } from './decode'
import { decodeWorkspace, type OwnWorkspace } from './workspaces'

export interface Offer {
  workspace: string
  /** email is the address that was invited; nobody else can accept. */
  email: string
  role: string
  /** secondFactor says whether the workspace demands one of its members. */
  secondFactor: boolean
}

const AT = '/api/v1/invitations'

export function useOffer(token: string): UseQueryResult<Offer> {
  return useQuery({
    queryKey: ['invitation', token],
    queryFn: ({ signal }) => request(`${AT}/look`, { method: 'POST', body: JSON.stringify({ token }), signal }, decodeOffer),
    enabled: token !== '',
    staleTime: Infinity,
  })
}

/** acceptInvitation joins, and answers with the workspace. */
export function acceptInvitation(token: string): Promise<OwnWorkspace> {
  return request(`${AT}/accept`, { method: 'POST', body: JSON.stringify({ token }) }, decodeWorkspace)
}

/** joinByInvitation makes an account of the address that was invited, and signs in. */
export function joinByInvitation(token: string, name: string, password: string): Promise<null> {
  return request(`${AT}/join`, { method: 'POST', body: JSON.stringify({ token, name, password }) }, () => null)
}

function decodeOffer(body: unknown): Offer {
  const o = fields(body)
  return { workspace: text(o['workspace']), email: text(o['email']), role: text(o['role']), secondFactor: o['second_factor'] === true }
}
