// Dates as the pages write them: day before month, the year only where it is not this one.
import { parts, weekday, type PlainDate } from '../range/date'
import { bucketEnd, labelDate, labelHour, type BucketLabel, type Interval } from '../range/interval'
import type { Range } from '../range/range'

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']

/** day writes 17 Nov, and 17 Nov 2025 when the year differs from that of reference. */
export function day(date: PlainDate, reference?: PlainDate): string {
  const [y, m, d] = parts(date)
  const year = reference && reference.slice(0, 4) === date.slice(0, 4) ? '' : ` ${y}`
  return `${d} ${MONTHS[m - 1] ?? ''}${reference ? year : ''}`
}

export function weekdayName(date: PlainDate): string {
  return WEEKDAYS[weekday(date)] ?? ''
}

/** rangeText writes 26 Oct – 24 Nov 2026: the year always stands at the end. */
export function rangeText(range: Range): string {
  const [y1, m1, d1] = parts(range.from)
  const [y2, m2] = parts(range.to)
  const end = `${day(range.to)} ${y2}`
  if (range.from === range.to) return end
  if (y1 !== y2) return `${day(range.from)} ${y1} – ${end}`
  return m1 === m2 ? `${d1} – ${end}` : `${day(range.from)} – ${end}`
}

/** shortRange is rangeText without the year at its end when that is the reference's. */
export function shortRange(range: Range, reference: PlainDate): string {
  const year = ` ${reference.slice(0, 4)}`
  const text = rangeText(range)
  return text.endsWith(year) ? text.slice(0, -year.length) : text
}

/** bucketText names a bucket in full, for tooltips and tables. */
export function bucketText(label: BucketLabel, interval: Interval, range: Range): string {
  const date = labelDate(label)
  const reference = range.to
  switch (interval) {
    case 'hour':
      return `${weekdayName(date)} ${day(date, reference)}, ${hours(labelHour(label))}`
    case 'day':
      return `${weekdayName(date)} ${day(date, reference)}`
    case 'week':
      return shortRange({ from: date, to: bucketEnd(label, interval, range) }, reference)
    case 'month': {
      const [y, m] = parts(date)
      return `${MONTHS[m - 1] ?? ''} ${y}`
    }
  }
}

function hours(h: number): string {
  const two = (n: number) => n.toString().padStart(2, '0')
  return `${two(h)}:00–${two(h)}:59`
}

/** axisText is the short name below the chart. */
export function axisText(label: BucketLabel, interval: Interval, oneDay: boolean): string {
  if (interval === 'hour' && oneDay) return `${labelHour(label).toString().padStart(2, '0')}:00`
  const date = labelDate(label)
  if (interval === 'month') {
    const [y, m] = parts(date)
    return m === 1 ? `Jan ${y}` : (MONTHS[m - 1] ?? '')
  }
  return day(date)
}

/** zoneOffset writes UTC+1 for a zone at a moment, or nothing for an unknown zone. */
export function zoneOffset(timeZone: string, at: Date): string {
  try {
    const p = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'shortOffset' }).formatToParts(at)
    const name = p.find((x) => x.type === 'timeZoneName')?.value ?? ''
    return name.replace('GMT', 'UTC')
  } catch {
    return ''
  }
}

/** clockText writes 14:13 in a time zone. */
export function clockText(at: Date, timeZone: string): string {
  try {
    return new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' }).format(at)
  } catch {
    return at.toISOString().slice(11, 16)
  }
}
