// Whether the snippet of a site works, as far as what came tells.
import { useQuery, type UseQueryResult } from '@tanstack/react-query'
import { request } from './client'
import { fields, list, number, text, textOrNull } from './decode'

export interface Installation {
  state: string
  since: string
  accepted: number
  refused: number
  lastEventAt: string | null
  reasons: { code: string; host: string; count: number; lastAt: string | null; current: boolean; fault: boolean; message: string; action: string }[]
  hosts: { host: string; allowed: boolean; accepted: number; refused: number; lastAt: string }[]
}

const EVERY_MS = 5_000

/** useInstallation looks again every five seconds: who puts a snippet in waits for it. */
export function useInstallation(site: string): UseQueryResult<Installation> {
  return useQuery({
    queryKey: ['installation', site],
    queryFn: ({ signal }) => request(`/api/v1/sites/${encodeURIComponent(site)}/installation`, { signal }, decodeInstallation),
    refetchInterval: EVERY_MS,
  })
}

export function decodeInstallation(body: unknown): Installation {
  const i = fields(body)
  return {
    state: text(i['state']),
    since: text(i['since']),
    accepted: number(i['accepted']),
    refused: number(i['refused']),
    lastEventAt: textOrNull(i['last_event_at']),
    reasons: list(i['reasons']).map((v) => {
      const r = fields(v)
      return { code: text(r['code']), host: text(r['host']), count: number(r['count']), lastAt: textOrNull(r['last_at']), current: r['current'] === true, fault: r['fault'] === true, message: text(r['message']), action: text(r['action']) }
    }),
    hosts: list(i['hosts']).map((v) => {
      const h = fields(v)
      return { host: text(h['host']), allowed: h['allowed'] === true, accepted: number(h['accepted']), refused: number(h['refused']), lastAt: text(h['last_at']) }
    }),
  }
}
