// The way to the collector: a bounded queue, one request at a time, repeats under the same id.

import { type Fields, later, on, script, site } from './browser'
import { forget, keep, kept } from './device'

const MAX_EVENTS = 100 // then the oldest that is no sale is dropped
const BATCH = 20
const TIMEOUT = 2e4
const MAX_KEEPALIVE = 2e4 // characters; browsers refuse above 64 KiB
const MAX_WAIT = 600 // seconds

const endpoint = new URL('v1/events?site=' + site, script.src).href

let queue: Fields[] = []
let flying: Fields[] = []
let failures = 0
let timer: number
export let silent: unknown // opted out, or the collector does not want this site

const body = (events: Fields[]): string =>
  JSON.stringify({ events: events.map((event) => ({ ...event, sent_at: Date.now() })) })

const remove = (events: Fields[]): void => {
  events.forEach(forget)
  queue = queue.filter((event) => !events.includes(event))
}

const schedule = (seconds: number): void => {
  clearTimeout(timer)
  timer = later(() => void flush(), seconds * 1e3)
}

/** silence stops sending and forgets what waits; 0 lifts it. */
export const silence = (on: unknown): void => {
  silent = on
  if (on) remove(queue)
}

export const enqueue = (event: Fields): void => {
  const text = JSON.stringify(event) // what cannot be written fails here, and what the page changes later is not sent
  if (queue.length >= MAX_EVENTS) remove(queue.splice(queue.findIndex((e) => e.type != 'sale'), 1))
  queue.push(JSON.parse(text) as Fields)
  keep(event, text)
  failures || schedule(0)
}

const flush = async (): Promise<void> => {
  if (flying.length || !queue.length) return
  flying = queue.slice(0, BATCH)
  let status = 0
  let wait = 0
  try {
    const text = body(flying)
    const answer = await fetch(endpoint, {
      method: 'POST',
      body: text, // a string goes as text/plain: no preflight
      keepalive: text.length < MAX_KEEPALIVE,
      credentials: 'omit',
      signal: AbortSignal.timeout?.(TIMEOUT),
    })
    status = answer.status
    wait = +answer.headers.get('retry-after')!
  } catch {}
  if (!status || status == 429 || status > 499) {
    // With some spread, so that not all pages of a site come back at once.
    schedule(Math.min(MAX_WAIT, wait || 2 ** failures * (0.5 + Math.random())))
    failures++
  } else {
    failures = 0
    remove(flying) // stored, or refused for good
    if ((status | 2) == 403) silence(1) // 401 or 403
    schedule(0)
  }
  flying = []
}

/**
 * beacon sends what waits when the page may end. Where sends have failed before, the events stay
 * in the queue too: a beacon does not tell how it ended, and the same id is stored once.
 */
export const beacon = (): void => {
  for (const rest = queue.filter((event) => !flying.includes(event)); rest.length; ) {
    const batch = rest.splice(0, BATCH)
    if (!navigator.sendBeacon(endpoint, body(batch))) break
    failures || remove(batch)
  }
}

/** resume takes up what an earlier page left on the device. */
export const resume = (): void => {
  kept((event) => event.id && queue.push(event))
  schedule(0)
  on(window, 'online', () => schedule(0))
}
