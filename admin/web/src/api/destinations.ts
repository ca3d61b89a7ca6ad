// Where the conversions of a site go to, for everybody who may see conversions.
import { useQuery, type UseQueryResult } from '@tanstack/react-query'
import { request } from './client'
import { conversionsKey } from './conversions'
import { fields, list, text, textOrNull } from './decode'

export interface Destination {
  id: string
  customerId: string
  customerName: string
  transport: string
  /** reason is why nothing is sent by it, empty while it is; until is when it is tried again by itself. */
  reason: string
  reasonWords: string
  until: string | null
}

export interface Destinations {
  /** connected tells whether the workspace has any connection. */
  connected: boolean
  heldAt: string | null
  all: Destination[]
}

const AGAIN_MS = 30_000

export function useDestinations(site: string): UseQueryResult<Destinations> {
  return useQuery({
    queryKey: [...conversionsKey(site), 'destinations'],
    queryFn: ({ signal }) => request(`/api/v1/conversions/destinations?${new URLSearchParams({ site_id: site })}`, { signal }, decodeDestinations),
    refetchInterval: AGAIN_MS,
  })
}

export function decodeDestinations(body: unknown): Destinations {
  const b = fields(body)
  return { connected: b['connected'] === true, heldAt: textOrNull(b['held_at']), all: list(b['destinations']).map(decodeDestination) }
}

function decodeDestination(v: unknown): Destination {
  const d = fields(v)
  return {
    id: text(d['connection_id']), customerId: text(d['customer_id']), customerName: text(d['customer_name']), transport: text(d['transport']),
    reason: text(d['reason']), reasonWords: text(d['reason_words']), until: textOrNull(d['until']),
  }
}
