// A chart's data as it is drawn: what is over is a line with an area, the bucket that is not
// over is dotted, what has not begun is left out, the compared range lies below by position.
import type { Metric, QueryResponse, Value } from '../api/types'
import { metrics, numeric } from '../format/metrics'
import type { ZonedTime } from '../range/date'
import { buckets, phase, type BucketLabel, type Interval, type Phase } from '../range/interval'
import type { Range } from '../range/range'

export interface Point {
  label: BucketLabel
  phase: Phase
  value: Value
}

export interface Series {
  interval: Interval
  range: Range
  points: Point[]
}

interface SeriesInput {
  answer: QueryResponse
  column: number
  metric: Metric
  interval: Interval
  range: Range
  now: ZonedTime
}

/**
 * toSeries puts an answer's rows onto all buckets of the range. In buckets without rows a count is
 * zero, and a rate or a duration is not known: there is nothing to divide by.
 */
export function toSeries({ answer, column, metric, interval, range, now }: SeriesInput): Series {
  const kind = metrics[metric].kind
  const blank = kind === 'count' || kind === 'money' ? 0 : null
  const values = new Map(answer.rows.map((row) => [bucketKey(row.dimensions[0] ?? ''), row.metrics[column] ?? null]))
  const labels = answer.timeLabels ?? buckets(range, interval)
  const points = labels.map((label) => {
    const at = phase(label, interval, now)
    const value = values.has(bucketKey(label)) ? (values.get(bucketKey(label)) ?? null) : blank
    return { label, phase: at, value: at === 'future' ? null : value }
  })
  return { interval, range, points }
}

// Labels and row values may differ in the separator and in seconds.
function bucketKey(label: string): string {
  return label.replace('T', ' ').slice(0, 16)
}

export interface Drawn {
  positions: number[]
  closed: (number | null)[]
  open: (number | null)[]
  previous: (number | null)[]
}

/** drawn splits a series into the lines of the chart. */
export function drawn(current: Series, previous: Series | null): Drawn {
  const n = Math.max(current.points.length, 1)
  const positions = Array.from({ length: n }, (_, i) => i)
  const values = current.points.map((p) => numeric(p.value))
  const firstOpen = current.points.findIndex((p) => p.phase === 'open')
  return {
    positions,
    closed: values.map((v, i) => (current.points[i]?.phase === 'past' ? v : null)),
    open: values.map((v, i) => (firstOpen >= 0 && (i === firstOpen || i === firstOpen - 1) ? v : null)),
    previous: positions.map((i) => numeric(previous?.points[i]?.value)),
  }
}

/** lone lists the positions of values without a neighbour: no line shows them, so they need a dot. */
export function lone(values: readonly (number | null | undefined)[]): number[] {
  const known = (i: number) => values[i] !== null && values[i] !== undefined
  return values.flatMap((_, i) => (known(i) && !known(i - 1) && !known(i + 1) ? [i] : []))
}

/** extremes names the highest and lowest finished buckets, for the chart's description. */
export function extremes(series: Series): { high: Point; low: Point } | null {
  const past = series.points.filter((p) => p.phase === 'past' && numeric(p.value) !== null)
  const first = past[0]
  if (!first) return null
  const better = (a: Point, b: Point, sign: number) => ((numeric(b.value) ?? 0) - (numeric(a.value) ?? 0)) * sign > 0 ? b : a
  return { high: past.reduce((a, b) => better(a, b, 1), first), low: past.reduce((a, b) => better(a, b, -1), first) }
}

const HOUR_STEPS = [1, 2, 3, 4, 6, 8, 12, 24, 48, 72, 96, 120, 168, 240]
const STEPS = [1, 2, 3, 4, 5, 7, 14, 21, 28, 56, 84, 112]

// So far from the end a label has to stand not to be cut there.
const LABEL_END = 14

/** ticks chooses positions for labels that need minGap pixels each on a width, none cut at its end. */
export function ticks(count: number, interval: Interval, width: number, minGap: number): number[] {
  const fit = Math.max(1, Math.floor(width / minGap))
  const step = (interval === 'hour' ? HOUR_STEPS : STEPS).find((s) => count / s <= fit) ?? count
  const toEnd = (i: number) => ((count - 1 - i) / Math.max(1, count - 1)) * width
  return Array.from({ length: Math.ceil(count / step) }, (_, i) => i * step).filter((i) => i === 0 || toEnd(i) >= LABEL_END)
}

export function intervalNoun(interval: Interval): string {
  return `per ${interval}`
}

export type { Metric }
