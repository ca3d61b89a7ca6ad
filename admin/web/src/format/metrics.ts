// What each key figure is called, how it is written and which direction is the better one.
import type { Metric, Value } from '../api/types'
import { count, duration, durationTick, MINUS, NARROW, NONE, percent, shortCount, tick } from './number'
import { money, shortMoney, symbol } from './money'

export type Kind = 'count' | 'percent' | 'duration' | 'money'

export interface MetricInfo {
  label: string
  kind: Kind
  better: 'up' | 'down'
  hint: string
}

export const metrics: Record<Metric, MetricInfo> = {
  visitors: { label: 'Visitors', kind: 'count', better: 'up', hint: 'Different visitors in the range' },
  visits: { label: 'Visits', kind: 'count', better: 'up', hint: 'A visit ends after 30 idle minutes, or at midnight' },
  pageviews: { label: 'Pageviews', kind: 'count', better: 'up', hint: 'Pages opened' },
  events: { label: 'Events', kind: 'count', better: 'up', hint: 'Events of all types' },
  bounce_rate: { label: 'Bounce rate', kind: 'percent', better: 'down', hint: 'Visits with a single interaction' },
  visit_duration: { label: 'Visit duration', kind: 'duration', better: 'up', hint: 'Average time of a visit' },
  sales: { label: 'Sales', kind: 'count', better: 'up', hint: 'Sales counted' },
  revenue: { label: 'Revenue', kind: 'money', better: 'up', hint: 'Sales less refunds' },
  conversion_rate: { label: 'Conversion rate', kind: 'percent', better: 'up', hint: 'Visitors with a sale or goal' },
}

export const keyFigures: readonly Metric[] = [
  'visitors', 'visits', 'pageviews', 'bounce_rate', 'visit_duration', 'sales', 'revenue', 'conversion_rate',
]

/** numeric is a value as geometry: for charts and ratios, never for printing money. */
export function numeric(value: Value | undefined): number | null {
  if (value === null || value === undefined) return null
  const n = typeof value === 'number' ? value : Number(value)
  return Number.isFinite(n) ? n : null
}

/** exact writes a value with all that is known of it; short fits it into a card. */
export function exact(metric: Metric, value: Value | undefined, currency: string): string {
  return write(metric, value, currency, false)
}

export function short(metric: Metric, value: Value | undefined, currency: string): string {
  return write(metric, value, currency, true)
}

function write(metric: Metric, value: Value | undefined, currency: string, brief: boolean): string {
  const n = numeric(value)
  if (n === null || value === null || value === undefined) return NONE
  switch (metrics[metric].kind) {
    case 'money': {
      const text = typeof value === 'string' ? value : value.toString()
      return brief ? shortMoney(text, currency) : money(text, currency)
    }
    case 'percent':
      return percent(n)
    case 'duration':
      return duration(n)
    case 'count':
      return brief ? shortCount(n) : count(n)
  }
}

export function axis(metric: Metric, n: number, currency: string): string {
  switch (metrics[metric].kind) {
    case 'money': {
      const sign = symbol(currency)
      return n === 0 ? '0' : `${sign}${sign.length > 1 ? NARROW : ''}${tick(n)}`
    }
    case 'percent':
      return `${tick(n)}%`
    case 'duration':
      return durationTick(n)
    case 'count':
      return tick(n)
  }
}

export interface Change {
  text: string
  direction: 'up' | 'down' | 'flat'
  verdict: 'better' | 'worse' | 'same'
}

const NEW = 'new'

/** change compares two values: relative for amounts, in points for rates, null if it cannot. */
export function change(metric: Metric, now: Value | undefined, before: Value | undefined): Change | null {
  const a = numeric(now)
  const b = numeric(before)
  if (a === null || b === null) return null
  const info = metrics[metric]
  if (info.kind === 'percent') return judged(a - b, points(a - b), info.better)
  if (b === 0) return a === 0 ? judged(0, `0.0${NARROW}%`, info.better) : { text: NEW, direction: 'flat', verdict: 'same' }
  const ratio = ((a - b) / Math.abs(b)) * 100
  return judged(ratio, relative(ratio), info.better)
}

/** changeFrom is change, or what can be said where there was nothing at all before: new, or no word. */
export function changeFrom(metric: Metric, now: Value | undefined, before: Value | undefined, nothingBefore: boolean): Change | null {
  if (!nothingBefore) return change(metric, now, before)
  return { text: (numeric(now) ?? 0) === 0 ? '' : NEW, direction: 'flat', verdict: 'same' }
}

function judged(delta: number, text: string, better: 'up' | 'down'): Change {
  if (/^0[.0]*\D*$/.test(text)) return { text, direction: 'flat', verdict: 'same' }
  const direction = delta > 0 ? 'up' : 'down'
  return { text, direction, verdict: direction === better ? 'better' : 'worse' }
}

function points(delta: number): string {
  const size = Math.abs(delta)
  return `${size.toFixed(size < 1 ? 2 : 1)}${NARROW}pts`
}

function relative(ratio: number): string {
  const size = Math.abs(ratio)
  if (size >= 1000) return `${count(size / 100 + (ratio > 0 ? 1 : 0)).replace(MINUS, '')}${NARROW}×`
  return `${size.toFixed(size < 100 ? 1 : 0)}${NARROW}%`
}
