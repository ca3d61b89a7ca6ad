// How the days that were chosen stand in an address.
import { isPlainDate } from './date'
import { presets, type RangeChoice } from './range'

/** parseChoice is null where the address names no range. */
export function parseChoice(q: URLSearchParams): RangeChoice | null {
  const from = q.get('from') ?? ''
  const to = q.get('to') ?? ''
  if (isPlainDate(from) && isPlainDate(to) && from <= to) return { from, to }
  const preset = presets.find((p) => p.id === q.get('range'))
  return preset ? { preset: preset.id } : null
}

export function putChoice(q: URLSearchParams, choice: RangeChoice | null): void {
  if (choice && 'preset' in choice) {
    q.set('range', choice.preset)
  } else if (choice) {
    q.set('from', choice.from)
    q.set('to', choice.to)
  }
}
