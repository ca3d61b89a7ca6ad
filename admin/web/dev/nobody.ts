// What the made-up shop is sent by nobody that it knows: visits of crawlers, which reports leave
// out unless asked, and refunds from its back end, which are money without a visitor.
import { addDays, type ZonedTime } from '../src/range/date'
import type { Visit } from './model'

const BOT_EVERY = 17
const REFUND_EVERY = 13
const REFUND_AFTER_DAYS = 2

/** makeBots lets a crawler follow in the steps of some visits, one page each. */
export function makeBots(visits: readonly Visit[]): Visit[] {
  return visits
    .filter((_, i) => i % BOT_EVERY === 0)
    .map((v, i) => ({ ...v, bot: true, visitor: -1_000_000 - i, pages: v.pages.slice(0, 1), goals: [], saleMicros: 0, seconds: 0 }))
}

/** makeRefunds takes some sales back, two days later. */
export function makeRefunds(visits: readonly Visit[], now: ZonedTime): Visit[] {
  return visits
    .filter((v) => v.saleMicros > 0)
    .filter((v, i) => i % REFUND_EVERY === 0 && addDays(v.date, REFUND_AFTER_DAYS) < now.date)
    .map((v) => ({
      ...v,
      date: addDays(v.date, REFUND_AFTER_DAYS),
      visitor: 0,
      pages: [],
      seconds: 0,
      saleMicros: 0,
      refundMicros: v.saleMicros,
      goals: [],
      at: Object.fromEntries(Object.keys(v.at).map((dimension) => [dimension, ''])),
    }))
}
