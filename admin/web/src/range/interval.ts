// The steps of a chart: which fit a range, what each bucket is called, which one is not over.
import { addDays, addMonths, endOfMonth, min, startOfMonth, startOfWeek, type PlainDate, type ZonedTime } from './date'
import { days, type Range } from './range'

export type Interval = 'hour' | 'day' | 'week' | 'month'

export const intervals: readonly { id: Interval; label: string }[] = [
  { id: 'hour', label: 'Hour' },
  { id: 'day', label: 'Day' },
  { id: 'week', label: 'Week' },
  { id: 'month', label: 'Month' },
]

export function fitting(range: Range): Interval[] {
  const n = days(range)
  const fits: Record<Interval, boolean> = { hour: n <= 31, day: n > 1 && n <= 400, week: n >= 14, month: n >= 60 }
  return intervals.map((i) => i.id).filter((id) => fits[id])
}

/** preferred is the wished interval if it fits the range, or the one that reads best. */
export function preferred(range: Range, wish: Interval | null): Interval {
  if (wish && fitting(range).includes(wish)) return wish
  const n = days(range)
  if (n === 1) return 'hour'
  if (n <= 92) return 'day'
  return n <= 366 ? 'week' : 'month'
}

/** A bucket's label is what the API calls it: YYYY-MM-DD, or YYYY-MM-DD HH:MM:SS for hours. */
export type BucketLabel = string

/** buckets lists a range's labels: for the case that the API names only buckets with events. */
export function buckets(range: Range, interval: Interval): BucketLabel[] {
  const out: BucketLabel[] = []
  if (interval === 'hour') {
    for (let d = range.from; d <= range.to; d = addDays(d, 1)) {
      for (let h = 0; h < 24; h++) out.push(`${d} ${h.toString().padStart(2, '0')}:00:00`)
    }
    return out
  }
  for (let d = bucketOf(range.from, interval); d <= range.to; d = next(d, interval)) out.push(d < range.from ? range.from : d)
  return out
}

function bucketOf(date: PlainDate, interval: Interval): PlainDate {
  if (interval === 'week') return startOfWeek(date)
  return interval === 'month' ? startOfMonth(date) : date
}

function next(start: PlainDate, interval: Interval): PlainDate {
  if (interval === 'week') return addDays(startOfWeek(start), 7)
  return interval === 'month' ? addMonths(startOfMonth(start), 1) : addDays(start, 1)
}

export function labelDate(label: BucketLabel): PlainDate {
  return label.slice(0, 10)
}

export function labelHour(label: BucketLabel): number {
  return label.length > 11 ? Number(label.slice(11, 13)) : 0
}

/** bucketEnd is the last day of a bucket, not beyond the range. */
export function bucketEnd(label: BucketLabel, interval: Interval, range: Range): PlainDate {
  const date = labelDate(label)
  if (interval === 'week') return min(addDays(startOfWeek(date), 6), range.to)
  return interval === 'month' ? min(endOfMonth(date), range.to) : date
}

export type Phase = 'past' | 'open' | 'future'

/** phase tells whether a bucket is over, contains now, or has not begun. */
export function phase(label: BucketLabel, interval: Interval, now: ZonedTime): Phase {
  const date = labelDate(label)
  if (interval === 'hour') {
    const a = `${date} ${labelHour(label).toString().padStart(2, '0')}`
    const b = `${now.date} ${now.hour.toString().padStart(2, '0')}`
    return a === b ? 'open' : a < b ? 'past' : 'future'
  }
  if (date > now.date) return 'future'
  return addDays(next(date, interval), -1) < now.date ? 'past' : 'open'
}
