// Moments of an account's life, in the time zone of whoever reads. The zone is always named beside.
import { clockText, day, zoneOffset } from './date'
import { zoned } from '../range/date'
import { ago } from './number'

const JUST_MS = 90_000
const AGO_UNTIL_MS = 36 * 3_600_000

/** ownZone is the time zone of the browser. */
export function ownZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC'
}

/** momentText writes 24 Nov 2026, 14:13. */
export function momentText(at: Date, timeZone: string): string {
  return `${dayText(at, timeZone)}, ${clockText(at, timeZone)}`
}

/** dayText writes 24 Nov 2026. */
export function dayText(at: Date, timeZone: string): string {
  const { date } = zoned(at, timeZone)
  return `${day(date)} ${date.slice(0, 4)}`
}

/** sinceText writes just now, 12 min ago, and the moment itself for what is longer past. */
export function sinceText(at: Date, now: Date, timeZone: string): string {
  const past = now.getTime() - at.getTime()
  if (past < JUST_MS) return 'just now'
  return past < AGO_UNTIL_MS ? `${ago(past)} ago` : momentText(at, timeZone)
}

/** zoneText writes America/New_York (UTC−5). */
export function zoneText(timeZone: string, at: Date): string {
  const offset = timeZone === 'UTC' ? '' : zoneOffset(timeZone, at)
  return offset ? `${timeZone} (${offset.replace('-', '−')})` : timeZone
}

/** secondText writes 24 Nov 2026, 14:13:20. */
export function secondText(at: Date, timeZone: string): string {
  return `${momentText(at, timeZone)}:${String(at.getUTCSeconds()).padStart(2, '0')}`
}
