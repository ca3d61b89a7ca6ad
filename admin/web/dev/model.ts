// A year and more of made-up visits, the same on every start: every figure that the
// development server answers is counted from these, so that all sums agree.
import { addDays, weekday, type ZonedTime } from '../src/range/date'
import { devices, hostileOrigins, hostilePages, hostilePlaces, manyPages, origins, pages, places, type Weighted } from './catalog'
import { makeBots, makeRefunds } from './nobody'

export interface Visit {
  date: string
  minute: number
  /** visitor is 0 where nobody is known: an event that a server sent */
  visitor: number
  bot: boolean
  pages: string[]
  seconds: number
  saleMicros: number
  refundMicros: number
  goals: string[]
  /** values of the visit's dimensions, by name */
  at: Record<string, string>
}

const DAYS = 430
const VISITS_A_DAY = 130

export function random(seed: number): () => number {
  let a = seed >>> 0
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

function picker<T>(list: Weighted<T>): (r: number) => T {
  const total = list.reduce((sum, [, w]) => sum + w, 0)
  return (r) => {
    let left = r * total
    for (const [value, weight] of list) {
      left -= weight
      if (left < 0) return value
    }
    return list[list.length - 1]![0]
  }
}

/** makeVisits makes all visits up to now; a hostile site has values that mean harm. */
export function makeVisits(now: ZonedTime, hostile: boolean): Visit[] {
  const people = makePeople(now, hostile)
  return [...people, ...makeBots(people), ...makeRefunds(people, now)]
}

/** firstVisit is all that a site has a few minutes after it was set up. */
export function firstVisit(now: ZonedTime): Visit {
  const pick = { origin: picker(origins), place: picker(places), device: picker(devices), page: picker(pages) }
  const visit = makeVisit(now.date, now.hour * 60 + now.minute, random(7), pick, [])
  return { ...visit, pages: ['/'], seconds: 0, saleMicros: 0, goals: [], at: { ...visit.at, 'visit:entry_page': '/', 'visit:exit_page': '/' } }
}

function makePeople(now: ZonedTime, hostile: boolean): Visit[] {
  const pick = {
    origin: picker(hostile ? hostileOrigins : origins),
    place: picker(hostile ? hostilePlaces : places),
    device: picker(devices),
    page: picker(hostile ? hostilePages : manyPages()),
  }
  const visits: Visit[] = []
  for (let i = DAYS; i >= 0; i--) {
    const date = addDays(now.date, -i)
    const rand = random(1000 + DAYS - i)
    for (let n = Math.round(dayVolume(date, DAYS - i, rand)); n > 0; n--) {
      const minute = Math.floor(((rand() + rand() + rand()) / 3) * 1380 + rand() * 60)
      const visit = makeVisit(date, minute, rand, pick, visits)
      if (i > 0 || minute <= now.hour * 60 + now.minute) visits.push(visit)
    }
  }
  return visits
}

function dayVolume(date: string, index: number, rand: () => number): number {
  const week = [0.78, 1.0, 1.04, 1.08, 1.02, 0.95, 0.72][weekday(date)] ?? 1
  const season = 1 + 0.16 * Math.sin(index / 29) + (index / DAYS) * 0.5
  return VISITS_A_DAY * week * season * (0.92 + rand() * 0.16)
}

interface Picks {
  origin: (r: number) => (typeof origins)[number][0]
  place: (r: number) => (typeof places)[number][0]
  device: (r: number) => readonly [string, string, string]
  page: (r: number) => string
}

function makeVisit(date: string, minute: number, rand: () => number, pick: Picks, before: Visit[]): Visit {
  const o = pick.origin(rand())
  const p = pick.place(rand())
  const [device, browser, os] = pick.device(rand())
  const pages = Array.from({ length: rand() < 0.42 ? 1 : 2 + Math.floor(rand() * 5) }, () => pick.page(rand()))
  const buys = pages.length > 2 && rand() < 0.06
  const returning = rand() < 0.3 && before.length > 500
  return {
    date,
    minute: Math.min(minute, 1439),
    visitor: returning ? before[before.length - 1 - Math.floor(rand() * 500)]!.visitor : before.length + 1,
    pages: buys ? [...pages, '/thank-you'] : pages,
    bot: false,
    seconds: pages.length === 1 ? Math.floor(rand() * 40) : pages.length * 45 + Math.floor(rand() * 120),
    saleMicros: buys ? Math.round((29 + rand() * 160) * 100) * 10_000 : 0,
    refundMicros: 0,
    goals: [...(rand() < 0.09 ? ['Add to cart'] : []), ...(rand() < 0.02 ? ['Newsletter'] : []), ...(rand() < 0.012 ? ['Store finder'] : [])],
    at: {
      'visit:channel': o.channel,
      'visit:source': o.source,
      'visit:referrer': o.referrer,
      'visit:utm_source': o.medium ? o.source.toLowerCase() : '',
      'visit:utm_medium': o.medium,
      'visit:utm_campaign': o.campaign,
      'visit:utm_content': '',
      'visit:utm_term': '',
      'visit:country': p.country,
      'visit:region': p.region,
      'visit:city': p.city,
      'visit:device': device,
      'visit:browser': browser,
      'visit:os': os,
      'visit:entry_page': pages[0] ?? '/',
      'visit:exit_page': (buys ? '/thank-you' : pages[pages.length - 1]) ?? '/',
      'event:hostname': 'shop.noctra.example',
    },
  }
}
