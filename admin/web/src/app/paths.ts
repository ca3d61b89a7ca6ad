// The addresses of the pages, in one place.
import type { Site } from '../api/types'

/** LAST_SITE is where the device remembers which site was looked at last. */
export const LAST_SITE = 'noctra.site'

export function sitePath(site: Site): string {
  return `/sites/${encodeURIComponent(site.publicKey)}`
}
