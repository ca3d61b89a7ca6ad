// Pages: when one begins, how long it was looked at, how far it was scrolled.

import { cut, type Fields, here, later, on, script, uuid } from './browser'
import { consentNow, visitorID } from './device'
import { beacon, enqueue, silent } from './queue'

const MAX_TITLE = 500 // characters: at most 2,000 bytes, which the collector takes

let url = '' // of the page that is measured
let from = cut(document.referrer) // after a move within the page: the address before
let shownAt = 0 // when it was last shown, 0 while it is hidden
let seen = 0 // milliseconds not told yet
let depth = 0 // percent

export const track = (type: string, fields?: Fields): unknown =>
  silent ||
  enqueue({
    id: uuid(),
    type,
    url: here(),
    referrer: from,
    title: [...document.title].slice(0, MAX_TITLE).join(''), // by whole characters
    screen: screen.width + 'x' + screen.height,
    language: navigator.language,
    time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    occurred_at: Date.now(),
    visitor_id: visitorID(),
    consent: consentNow(),
    ...fields,
  })

export const interaction = (name: string, props?: Fields): unknown => track('interaction', { name, props })

const clock = (): number => (document.hidden ? 0 : performance.now())

const look = (): void => {
  const now = clock()
  if (shownAt) seen += (now || performance.now()) - shownAt
  shownAt = now
}

/** tell sends what is known of the page that is measured, if it was looked at for a second. */
const tell = (): void => {
  look()
  const seconds = (seen / 1e3 + 0.5) | 0
  if (seconds) {
    seen = 0
    track('interaction', { url, name: 'engagement', props: { seconds: '' + seconds, scroll: '' + depth } })
  }
}

/** measure reads the scroll position after a frame, when reading it costs no layout. */
const measure = (): void => {
  requestAnimationFrame(() =>
    later(() => {
      const { scrollHeight } = document.documentElement
      depth = Math.max(depth, Math.min(100, ((scrollY + innerHeight) / scrollHeight) * 100 + 0.5)) | 0
    }),
  )
}

/** path is an address without its query. */
export const path = (address: string): string => address.split('?')[0]!

export const pageview = (fields?: Fields): void => {
  tell()
  if (url && moved()) from = url
  url = here()
  seen = depth = 0
  track('pageview', fields)
  measure()
}

/** moved says whether the address has another path than the page that is measured. */
const moved = (): boolean => path(here()) != path(url)

const follow = (): void => {
  moved() && script.dataset.auto != 'off' && pageview()
}

const leave = (): void => {
  tell()
  shownAt = 0
  beacon()
}

export const watch = (): void => {
  for (const name of ['pushState', 'replaceState'] as const) {
    const original = history[name]
    history[name] = function (...args) {
      original.apply(this, args)
      later(follow) // after the page has set its title, and once for redirects
    }
  }
  on(window, 'popstate', // also when only the fragment changes
     () => later(follow))
  on(window, 'pageshow', (event: PageTransitionEvent) => event.persisted && pageview())
  on(window, 'pagehide', leave)
  on(document, 'visibilitychange', () => (clock() ? look() : leave()))
  on(document, 'scroll', measure)
}
