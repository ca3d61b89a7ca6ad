// Which days a report covers. Presets are resolved here, against today in the site's time
// zone, and asked for as explicit dates: what the page says is what the API was asked.
import { addDays, addMonths, endOfMonth, min, startOfMonth, toDays, type PlainDate } from './date'

export interface Range {
  from: PlainDate
  to: PlainDate
}

export type Preset = 'today' | 'yesterday' | '7d' | '30d' | '90d' | 'month' | 'last_month' | 'year' | '12mo'

export const presets: readonly { id: Preset; label: string; key?: string }[] = [
  { id: 'today', label: 'Today', key: 'D' },
  { id: 'yesterday', label: 'Yesterday', key: 'E' },
  { id: '7d', label: 'Last 7 days', key: 'W' },
  { id: '30d', label: 'Last 30 days', key: 'T' },
  { id: '90d', label: 'Last 90 days' },
  { id: 'month', label: 'This month', key: 'M' },
  { id: 'last_month', label: 'Last month' },
  { id: 'year', label: 'This year', key: 'Y' },
  { id: '12mo', label: 'Last 12 months' },
]

/** A choice is a preset, which moves on with the calendar, or two fixed dates. */
export type RangeChoice = { preset: Preset } | Range

export const defaultChoice: RangeChoice = { preset: '30d' }

/** firstDayChoice is the default while all that a site has is of today: thirty days would be one point. */
export const firstDayChoice: RangeChoice = { preset: 'today' }

/**
 * isFirstDay tells whether all events are of today: none before it as far as was looked, and the
 * newest one, if there is any, of today.
 */
export function isFirstDay(before: boolean | undefined, newest: PlainDate | null, today: PlainDate): boolean {
  return before === false && (newest === null || newest >= today)
}

/** isDefault tells whether a choice is the one that goes without saying. */
export function isDefault(choice: RangeChoice): boolean {
  return 'preset' in choice && 'preset' in defaultChoice && choice.preset === defaultChoice.preset
}

export function resolve(choice: RangeChoice, today: PlainDate): Range {
  if (!('preset' in choice)) return choice
  switch (choice.preset) {
    case 'today':
      return { from: today, to: today }
    case 'yesterday':
      return { from: addDays(today, -1), to: addDays(today, -1) }
    case '7d':
      return { from: addDays(today, -6), to: today }
    case '30d':
      return { from: addDays(today, -29), to: today }
    case '90d':
      return { from: addDays(today, -89), to: today }
    case 'month':
      return { from: startOfMonth(today), to: today }
    case 'last_month':
      return calendarMonth(addMonths(startOfMonth(today), -1))
    case 'year':
      return { from: `${today.slice(0, 4)}-01-01`, to: today }
    case '12mo':
      return { from: addDays(addMonths(today, -12), 1), to: today }
  }
}

function calendarMonth(first: PlainDate): Range {
  return { from: first, to: endOfMonth(first) }
}

export function days(range: Range): number {
  return toDays(range.to) - toDays(range.from) + 1
}

export function includes(range: Range, date: PlainDate): boolean {
  return range.from <= date && date <= range.to
}

/** named turns dates that a preset means today back into that preset. */
export function named(range: Range, today: PlainDate): RangeChoice {
  const match = presets.find((p) => {
    const r = resolve({ preset: p.id }, today)
    return r.from === range.from && r.to === range.to
  })
  return match ? { preset: match.id } : range
}

/** step moves by the range's own length, whole months and years staying whole; null at the end. */
export function step(choice: RangeChoice, direction: -1 | 1, today: PlainDate): RangeChoice | null {
  const range = resolve(choice, today)
  if (direction > 0 && range.to >= today) return null
  const moved = shift(range, direction, today)
  if (moved.from > today) return null
  return named(moved.to > today ? clamp(moved, today, isMonth(range, today) || isYear(range, today)) : moved, today)
}

function shift(range: Range, direction: -1 | 1, today: PlainDate): Range {
  if (isMonth(range, today)) return calendarMonth(addMonths(range.from, direction))
  if (isYear(range, today)) {
    const year = Number(range.from.slice(0, 4)) + direction
    return { from: `${year}-01-01`, to: `${year}-12-31` }
  }
  const n = days(range) * direction
  return { from: addDays(range.from, n), to: addDays(range.to, n) }
}

// A whole month or year that is not over ends today; a run of days keeps its length instead.
function clamp(range: Range, today: PlainDate, keepStart: boolean): Range {
  return keepStart ? { from: range.from, to: today } : { from: addDays(today, 1 - days(range)), to: today }
}

function isMonth(range: Range, today: PlainDate): boolean {
  return (
    range.from === startOfMonth(range.from) && range.to === min(endOfMonth(range.from), today) && range.from !== range.to
  )
}

function isYear(range: Range, today: PlainDate): boolean {
  const year = range.from.slice(0, 4)
  return range.from === `${year}-01-01` && range.to === min(`${year}-12-31`, today) && days(range) > 31
}

export type Comparison = 'previous_period' | 'year_over_year' | 'off'

export const comparisons: readonly { id: Comparison; label: string }[] = [
  { id: 'previous_period', label: 'Previous period' },
  { id: 'year_over_year', label: 'Year over year' },
  { id: 'off', label: 'No comparison' },
]

/**
 * compared is the range of the same length to compare with. With matchWeekday both begin on
 * the same day of the week: whole weeks back, never overlapping.
 */
export function compared(range: Range, mode: Comparison, matchWeekday: boolean): Range | null {
  const n = days(range)
  if (mode === 'off') return null
  if (mode === 'previous_period') {
    const back = matchWeekday ? Math.ceil(n / 7) * 7 : n
    return { from: addDays(range.from, -back), to: addDays(range.to, -back) }
  }
  if (matchWeekday && n <= 364) return { from: addDays(range.from, -364), to: addDays(range.to, -364) }
  const from = addMonths(range.from, -12)
  return { from, to: addDays(from, n - 1) }
}
