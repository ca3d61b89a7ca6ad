// Goals and funnels of a site: which events count, and which steps are wanted in which order.
import { useQuery, type UseQueryResult } from '@tanstack/react-query'
import { request, requestTagged, type Tagged } from './client'
import { fields, list, number, text } from './decode'
import { allPages } from './workspaces'

/** Match says which events count, as the API has it. */
export interface Match {
  kind: 'page' | 'event' | 'sale'
  path?: string
  event_type?: string
  name?: string
  props?: Record<string, string>
  min_amount?: string
}

export interface Goal {
  id: string
  name: string
  match: Match
}

export interface Step {
  goalId: string
  name: string
  match: Match | null
}

export interface Funnel {
  id: string
  name: string
  steps: Step[]
  windowHours: number
  strict: boolean
}

export type Noun = 'goals' | 'funnels'

const at = (site: string, noun: Noun, id = '') => `/api/v1/sites/${encodeURIComponent(site)}/${noun}${id && `/${encodeURIComponent(id)}`}`

export const goalsKey = (site: string) => ['goals', site] as const

export function useGoals(site: string): UseQueryResult<Goal[]> {
  return useQuery({ queryKey: [...goalsKey(site), 'goals'], queryFn: ({ signal }) => allPages(at(site, 'goals'), 'goals', signal, decodeGoal) })
}

export function useFunnels(site: string): UseQueryResult<Funnel[]> {
  return useQuery({ queryKey: [...goalsKey(site), 'funnels'], queryFn: ({ signal }) => allPages(at(site, 'funnels'), 'funnels', signal, decodeFunnel) })
}

/** useTag is the tag of a goal or funnel that is about to be changed; empty for a new one. */
export function useTag(site: string, noun: Noun, id: string): UseQueryResult<Tagged<null>> {
  return useQuery({
    queryKey: [...goalsKey(site), noun, id],
    queryFn: ({ signal }) => (id === '' ? { value: null, tag: '' } : requestTagged(at(site, noun, id), { signal }, () => null)),
    staleTime: 0,
    gcTime: 0,
    refetchOnWindowFocus: false,
  })
}

interface Sending {
  body: string
  once: string
  tag: string
}

/** saveDefinition makes one, or changes the one with that id. */
export function saveDefinition(site: string, noun: Noun, id: string, { body, once, tag }: Sending): Promise<null> {
  return id === '' ? request(at(site, noun), { method: 'POST', body, once }, () => null) : request(at(site, noun, id), { method: 'PATCH', body, tag }, () => null)
}

export const deleteDefinition = (site: string, noun: Noun, id: string) => request(at(site, noun, id), { method: 'DELETE' }, () => null)

function decodeMatch(v: unknown): Match {
  const m = fields(v)
  const kind = text(m['kind'])
  const props = Object.entries(fields(m['props'])).map(([k, p]) => [k, text(p)] as const)
  return {
    kind: kind === 'event' || kind === 'sale' ? kind : 'page',
    ...(m['path'] ? { path: text(m['path']) } : {}),
    ...(m['event_type'] ? { event_type: text(m['event_type']) } : {}),
    ...(m['name'] ? { name: text(m['name']) } : {}),
    ...(props.length > 0 ? { props: Object.fromEntries(props) } : {}),
    ...(m['min_amount'] ? { min_amount: text(m['min_amount']) } : {}),
  }
}

export function decodeGoal(v: unknown): Goal {
  const g = fields(v)
  return { id: text(g['id']), name: text(g['name']), match: decodeMatch(g['match']) }
}

export function decodeFunnel(v: unknown): Funnel {
  const f = fields(v)
  return {
    id: text(f['id']),
    name: text(f['name']),
    windowHours: number(f['window_hours']),
    strict: f['strict'] === true,
    steps: list(f['steps']).map((s) => ({ goalId: text(fields(s)['goal_id']), name: text(fields(s)['name']), match: fields(s)['match'] ? decodeMatch(fields(s)['match']) : null })),
  }
}
