// What a rule that is tried would change, in words.
import type { Change, Differs, Standing, Would } from '../api/trial'
import { stateName } from '../pages/conversions/StateChip'
import { money } from '../format/money'
import { NONE } from '../format/number'

const placeName = (s: Standing): string => (s.state === 'none' ? 'Not sent' : stateName(s.state))

const small = (sentence: string): string => sentence.charAt(0).toLowerCase() + sentence.slice(1)

/** moveText is where they are and would be: Ready → Waiting. */
export function moveText(c: { before: Standing; after: Standing }): string {
  const [from, to] = [placeName(c.before), placeName(c.after)]
  return from === to ? from : `${from} → ${to}`
}

const aspects: Record<Exclude<Differs, 'state'>, string> = { time: 'at another time', value: 'another value', click: 'another click', identifiers: 'other identifiers' }

/** whyText is why they would be there, what becomes of what Google has, and what else would be other. */
export function whyText(c: Change): string {
  const parts = [...(c.then ? [thenText(c)] : []), ...reasonsOf(c)]
  const all = parts.join(' · ')
  return all.charAt(0).toUpperCase() + all.slice(1)
}

function reasonsOf(c: Change): string[] {
  const moves = c.differs.includes('state')
  const after = c.then && moves ? `by these rules ${placeName(c.after).toLowerCase()}${c.after.words && `: ${small(c.after.words)}`}` : c.after.words
  const others = c.differs.flatMap((d) => (d === 'state' ? [] : [aspects[d]]))
  const before = moves && c.before.words ? `until now: ${small(c.before.words)}` : ''
  return [after, before, ...others].filter(Boolean)
}

const thens: Record<string, string> = {
  restated: 'Google is told the new value',
  enhanced: 'Google is told the identifiers',
  restated_and_enhanced: 'Google is told the new value and the identifiers',
  resumed: 'it was stopped, and is sent again',
}
const thenText = (c: Change): string => thens[c.then] ?? 'stays as it is at Google'

/** wouldText is one conversion in words. */
export function wouldText(w: Would): string {
  if (w.state === 'none') return 'Not sent'
  const value = w.value === null ? 'no value' : money(w.value, w.currency)
  return [placeName(w) + (w.words && `: ${small(w.words)}`), value, w.click || 'no click', w.identifiers ? 'with identifiers' : ''].filter(Boolean).join(' · ')
}

/** worthText is sums by currency, each before and after where they differ. */
export function worthText(before: Record<string, string>, after: Record<string, string>): string {
  const text = (values: Record<string, string>) => Object.entries(values).sort(([a], [b]) => a.localeCompare(b)).map(([currency, amount]) => money(amount, currency)).join(' + ') || NONE
  const [was, is] = [text(before), text(after)]
  return was === is ? was : `${was} → ${is}`
}
