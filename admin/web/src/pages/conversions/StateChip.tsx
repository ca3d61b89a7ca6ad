import type { ReactElement } from 'react'

/** toneOf is what a state means: its shape and colour. */
export function toneOf(state: string): 'ok' | 'bad' | 'hold' | 'wait' {
  if (['accepted', 'restated', 'retracted'].includes(state)) return 'ok'
  if (state === 'rejected') return 'bad'
  return state === 'held' || state === 'unknown' ? 'hold' : 'wait'
}

export const stateName = (state: string): string => (state === 'none' ? 'No conversion' : state.charAt(0).toUpperCase() + state.slice(1))

/** StateChip is a state with a shape beside its colour. */
export function StateChip({ state }: { state: string }): ReactElement {
  return <span className={`pill ${toneOf(state)}`}>{stateName(state)}</span>
}
