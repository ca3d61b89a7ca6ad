// Goals and funnels in words, and what was typed as the API takes it.
import type { Funnel, Goal, Match } from '../../api/goals'
import type { Values } from '../../forms/Form'
import { linesOf } from '../../forms/LinesField'

/** matchText says which events count. */
export function matchText(m: Match, currency: string): string {
  if (m.kind === 'page') return `A view of ${m.path ?? '/'}`
  if (m.kind === 'sale') return m.min_amount ? `A sale of at least ${m.min_amount} ${currency}` : 'Any sale'
  const props = Object.entries(m.props ?? {}).map(([k, v]) => `${k} = ${v}`)
  const what = [m.event_type ?? 'event', m.name ? `“${m.name}”` : ''].filter(Boolean).join(' ')
  return `${/^[aeiou]/.test(what) ? 'An' : 'A'} ${what}${props.length > 0 ? ` with ${props.join(', ')}` : ''}`
}

/** funnelText is the way through a funnel. */
export function funnelText(f: Funnel, goals: readonly Goal[]): string {
  const steps = f.steps.map((s) => (s.goalId ? (goals.find((g) => g.id === s.goalId)?.name ?? `goal ${s.goalId}`) : s.name))
  const within = f.windowHours === 0 ? 'within a visit' : `within ${f.windowHours} h`
  return `${steps.join(' → ')} · ${within}${f.strict ? ', nothing in between' : ''}`
}

/** matchOf reads the fields of a goal's form: those of its kind alone. */
export function matchOf(v: Values): Match {
  if (v['kind'] === 'sale') return { kind: 'sale', ...(v['min_amount'] ? { min_amount: v['min_amount'].trim() } : {}) }
  if (v['kind'] === 'event') {
    const props = propsOf(v['props'])
    return { kind: 'event', ...(v['event_type'] ? { event_type: v['event_type'] } : {}), ...(v['event'] ? { name: v['event'].trim() } : {}), ...(Object.keys(props).length > 0 ? { props } : {}) }
  }
  return { kind: 'page', path: (v['path'] ?? '').trim() }
}

/** propsOf reads lines of name = value. */
export function propsOf(typed: string | undefined): Record<string, string> {
  return Object.fromEntries(linesOf(typed).map((line) => [line.split('=')[0]!.trim(), line.split('=').slice(1).join('=').trim()]))
}
