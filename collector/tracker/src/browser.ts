// What the tracker asks of the browser, and how it keeps out of the page's way: nothing thrown
// in here reaches the page.

export type Fields = Record<string, unknown>

export const script = document.currentScript as HTMLScriptElement
export const site = script.dataset.site

/** gpc: the visitor asks not to be sold or shared (Global Privacy Control). */
export const gpc = (navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl

/** guard swallows whatever f throws. */
export const guard =
  <A extends unknown[]>(f: (...args: A) => void) =>
  (...args: A): void => {
    try {
      f(...args)
    } catch {}
  }

/** on listens in the capture phase, so that a page which stops an event hides nothing. */
export const on = <E extends Event>(target: EventTarget, types: string, f: (event: E) => void): void =>
  types.split(' ').forEach((type) => target.addEventListener(type, guard(f) as EventListener, true))

export const later = (f: () => void, ms?: number): number => setTimeout(guard(f), ms) as unknown as number

/** hexTime is the beginning of an id made that many milliseconds ago: 12 digits until the year 2527. */
export const hexTime = (ago: number): string => '0' + (Date.now() - ago).toString(16)

/** uuid makes a UUIDv7: 48 bits of milliseconds, the version, the variant, 72 random bits. */
export const uuid = (): string => {
  let digits = hexTime(0) + 7
  for (const byte of crypto.getRandomValues(new Uint8Array(10))) digits += (byte + 256).toString(16).slice(1)
  return digits.replace(/(.{8})(.{4})(.{4})(.{3})(.{12}).*/, '$1-$2-$3-8$4-$5')
}

const MAX_URL = 2000

/** cut shortens a URL to what the collector takes, at a parameter: half a click id is a wrong one. */
export const cut = (url: string): string => (url.length > MAX_URL ? url.slice(0, MAX_URL).replace(/[?&][^?&]*$/, '') : url)

/**
 * here is the page's address without its fragment. With `data-hash` the fragment is the route and
 * becomes part of the path: https://shop/app#/cart?a=1 is https://shop/app/cart?a=1.
 */
export const here = (): string => {
  const { origin, pathname, search, hash } = location
  const route = script.dataset.hash == null ? '' : hash.replace(/^#!?\/?/, '')
  return cut(
    origin + (route ? pathname.replace(/\/?$/, '/') + route : pathname) + search.replace('?', /\?/.test(route) ? '&' : '?'),
  )
}
