// Plain dates are strings YYYY-MM-DD: they sort, compare and travel as they are. Arithmetic
// goes through UTC midnights, so that no zone and no summer time can touch it.

export type PlainDate = string

const DAY_MS = 86_400_000

export function isPlainDate(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && fromDays(toDays(text)) === text
}

export function toDays(date: PlainDate): number {
  return Math.floor(Date.parse(`${date.slice(0, 10)}T00:00:00Z`) / DAY_MS)
}

export function fromDays(days: number): PlainDate {
  return Number.isFinite(days) ? new Date(days * DAY_MS).toISOString().slice(0, 10) : ''
}

export function addDays(date: PlainDate, days: number): PlainDate {
  return fromDays(toDays(date) + days)
}

/** addMonths keeps the day of the month, or takes the month's last day where it has no such day. */
export function addMonths(date: PlainDate, months: number): PlainDate {
  const [y, m, d] = parts(date)
  const first = new Date(Date.UTC(y, m - 1 + months, 1))
  const last = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate()
  first.setUTCDate(Math.min(d, last))
  return first.toISOString().slice(0, 10)
}

export function startOfMonth(date: PlainDate): PlainDate {
  return `${date.slice(0, 7)}-01`
}

export function endOfMonth(date: PlainDate): PlainDate {
  return addDays(addMonths(startOfMonth(date), 1), -1)
}

/** startOfWeek is the Monday on or before the date. */
export function startOfWeek(date: PlainDate): PlainDate {
  return addDays(date, -((weekday(date) + 6) % 7))
}

/** weekday is 0 for Sunday to 6 for Saturday. */
export function weekday(date: PlainDate): number {
  return (((toDays(date) + 4) % 7) + 7) % 7
}

export function min(a: PlainDate, b: PlainDate): PlainDate {
  return a < b ? a : b
}

export function parts(date: PlainDate): [number, number, number] {
  return [Number(date.slice(0, 4)), Number(date.slice(5, 7)), Number(date.slice(8, 10))]
}

export interface ZonedTime {
  date: PlainDate
  hour: number
  minute: number
}

/** zoned tells the wall clock of a time zone; an unknown zone is read as UTC. */
export function zoned(at: Date, timeZone: string): ZonedTime {
  const field = (type: string) => clock(timeZone).formatToParts(at).find((p) => p.type === type)?.value ?? '0'
  return {
    date: `${field('year')}-${field('month')}-${field('day')}`,
    hour: Number(field('hour')),
    minute: Number(field('minute')),
  }
}

const clocks = new Map<string, Intl.DateTimeFormat>()

function clock(timeZone: string): Intl.DateTimeFormat {
  const known = clocks.get(timeZone)
  if (known) return known
  const made = new Intl.DateTimeFormat('en-CA', {
    timeZone: isZone(timeZone) ? timeZone : 'UTC',
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  })
  clocks.set(timeZone, made)
  return made
}

function isZone(timeZone: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone }))
  } catch {
    return false
  }
}

const HOUR_MS = 3_600_000

/** dayStart is the first moment of a date in a time zone; where its midnight does not exist, an hour later. */
export function dayStart(date: PlainDate, timeZone: string): Date {
  const midnight = toDays(date) * DAY_MS
  const offsetAt = (ms: number) => {
    const z = zoned(new Date(ms), timeZone)
    return Date.parse(`${z.date}T${String(z.hour).padStart(2, '0')}:${String(z.minute).padStart(2, '0')}:00Z`) - ms
  }
  let at = midnight - offsetAt(midnight)
  at = midnight - offsetAt(at)
  while (zoned(new Date(at), timeZone).date < date) at += HOUR_MS
  return new Date(at)
}
