// What is written on the visitor's device. In cookieless mode: nothing. In consented mode, unless
// consent was denied or Global Privacy Control is on: events that wait, and a first-party id.
// The one exception is the opt-out, which is the visitor's own wish and holds no id.

import { type Fields, gpc, hexTime, script, site, uuid } from './browser'

const PREFIX = `noctra:${site}:`
const QUEUE = PREFIX + 'q:'
const VISITOR = PREFIX + 'id'
const OPT_OUT = 'noctra:opt-out'
const MAX_AGE = 34e9 // 13 months, in milliseconds

let consent: Fields | undefined

/** mayStore says whether the queue and the id may be kept on the device. */
const mayStore = (): boolean => script.dataset.mode == 'consented' && !gpc && consent?.analytics != 'denied'

/** device runs f where storage exists; the device may refuse. */
const device = <T>(f: (store: Storage) => T): T | undefined => {
  try {
    return f(localStorage)
  } catch {}
}

const each = (prefix: string, f: (key: string, store: Storage) => void): void =>
  device((store) => Object.keys(store).forEach((key) => key.startsWith(prefix) && f(key, store))) as void

const drop = (key: string, store: Storage): void => store.removeItem(key)

/** wipe removes all that was kept for this site. */
const wipe = (): void => each(PREFIX, drop)

/** consented merges a consent call and forgets what it no longer allows. */
export const consented = (given: Fields): void => {
  consent = { ...consent, ...given }
  mayStore() || wipe()
}

/** consentNow goes with every event; undefined where nobody said anything. */
export const consentNow = (): Fields | undefined =>
  gpc ? { ...consent, ad_user_data: 'denied', ad_personalization: 'denied' } : consent

const permitted = <T>(f: (store: Storage) => T): T | undefined => (mayStore() ? device(f) : undefined)

/** visitorID is the first-party id, only if the device has really kept it. */
export const visitorID = (): string | undefined =>
  permitted((store) => {
    // A UUIDv7 tells its age.
    if (!(store[VISITOR] > hexTime(MAX_AGE))) store[VISITOR] = uuid()
    return store[VISITOR] as string
  })

// One key per event: tabs do not overwrite each other.
export const keep = (event: Fields, text: string): unknown => permitted((store) => (store[QUEUE + event.id] = text))
export const forget = (event: Fields): void => each(QUEUE + event.id, drop)

/** kept hands over the events that an earlier page could not deliver. */
export const kept = (take: (event: Fields) => void): void => {
  mayStore() &&
    each(QUEUE, (key, store) => {
      try {
        take(JSON.parse(store[key] as string) as Fields)
      } catch {
        drop(key, store)
      }
    })
}

export const optedOut = (): unknown => device((store) => store[OPT_OUT])
export const optOut = (): void => {
  wipe()
  device((store) => (store[OPT_OUT] = 1))
}
export const optIn = (): void => each(OPT_OUT, drop)
