// What conversions and sums of them are worth, in words.
import type { Conversion } from '../../api/conversions'
import { money, shortMoney } from '../../format/money'
import { NARROW, NONE } from '../../format/number'

/** Worth is what a conversion counts for, and what it was sent for where that is another value. */
export interface Worth {
  now: string
  was: string | null
}

export function worthOf(c: Conversion): Worth {
  if (c.state === 'none') return { now: c.goalId ? NONE : money(c.saleValue, c.saleCurrency), was: null }
  const sent = c.value === null ? null : money(c.value, c.currency)
  if (c.state === 'retracted') return { now: money('0', c.googleCurrency || c.currency), was: sent }
  if (c.googleValue !== null && c.googleValue !== c.value) return { now: money(c.googleValue, c.googleCurrency || c.currency), was: sent }
  return { now: sent ?? NONE, was: null }
}

/** valuesText writes sums by currency, the site's own first. */
export function valuesText(values: Record<string, string>, own: string): string {
  const sorted = Object.entries(values).sort(([a], [b]) => Number(b === own) - Number(a === own) || a.localeCompare(b))
  return sorted.length === 0 ? shortMoney('0', own) : sorted.map(([currency, amount]) => (currency ? shortMoney(amount, currency) : amount)).join(' + ')
}

/** spanText is the time from a click to its sale: 41 s, 12 m, 3 h 12 m, 2 d 4 h. */
export function spanText(seconds: number | null): string {
  if (seconds === null) return NONE
  const s = Math.max(0, seconds)
  const [d, h, m] = [Math.floor(s / 86_400), Math.floor((s % 86_400) / 3600), Math.floor((s % 3600) / 60)]
  if (d > 0) return `${d}${NARROW}d ${h}${NARROW}h`
  if (h > 0) return `${h}${NARROW}h ${String(m).padStart(2, '0')}${NARROW}m`
  return m > 0 ? `${m}${NARROW}m` : `${s}${NARROW}s`
}
