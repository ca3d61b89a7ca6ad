// The stand-in's live figures: thirty minutes of pageviews, and the pages being read.
import { random } from './model'

export const noMinutes: readonly number[] = Array.from({ length: 30 }, () => 0)

/** firstMinutes is one page, opened a moment ago. */
export const firstMinutes: readonly number[] = noMinutes.map((_, i) => (i === 28 ? 1 : 0))

export function busyMinutes(): number[] {
  const rand = random(42)
  return noMinutes.map((_, i) => Math.floor(3 + rand() * 14 + Math.sin(i / 4) * 3))
}

const LONG_MS = 71 * 86_400_000

interface Moment {
  /** minutes holds the pageviews of each of the last thirty minutes. */
  minutes: readonly number[]
  /** hits counts what has been added since, all of it in this minute. */
  hits: number
  hostile: boolean
  /** before tells that there were events, longer ago. */
  before: boolean
}

/** liveAnswer is what the live stream tells at a moment. */
export function liveAnswer(at: Date, { minutes: counts, hits, hostile, before }: Moment): unknown {
  const busy = counts.filter((n) => n > 0).length > 1
  const silent = hits === 0 && counts.every((n) => n === 0)
  const base = busy ? { now: 23, half: 118 } : { now: silent ? 0 : 1, half: silent ? 0 : 1 }
  const last = silent ? (before ? at.getTime() - LONG_MS : null) : at.getTime() - 2000 + hits
  const minutes = counts.map((n, i) => {
    const pageviews = n + (i === 29 ? hits : 0)
    return { minute: new Date(at.getTime() - (29 - i) * 60_000).toISOString(), pageviews, visitors: Math.ceil(pageviews * 0.6) }
  })
  const pages = [
    { page: hostile ? '/<img src=x onerror=alert(8)>' : '/products/trail-runner', visitors: 9 },
    { page: '/', visitors: 7 + hits },
    { page: '/sale', visitors: 4 },
    { page: '/checkout', visitors: 2 },
  ]
  return {
    at: at.toISOString(),
    visitors_now: base.now + hits,
    visitors_30m: base.half + hits,
    pageviews_30m: minutes.reduce((sum, m) => sum + m.pageviews, 0),
    events_30m: minutes.reduce((sum, m) => sum + m.pageviews, 0),
    minutes,
    pages: busy ? pages : silent ? [] : [{ page: '/', visitors: 1 + hits }],
    last_event_at: last === null ? null : new Date(last).toISOString(),
    inserted_at: last === null ? null : new Date(last + 1200).toISOString(),
    delay_ms: last === null ? null : 1180,
  }
}
