// The addresses of the pages, in one place.
import type { Site } from '../api/types'

/** LAST_SITE is where the device remembers which site was looked at last. */
export const LAST_SITE = 'noctra.site'

/** paths without a site. home is the start, and where one signs in. */
export const paths = {
  home: '/',
  signUp: '/sign-up',
  forgotPassword: '/forgot-password',
  verifyEmail: '/verify-email',
  resetPassword: '/reset-password',
  confirmEmail: '/confirm-email',
  invitation: '/invitation',
  account: '/account',
} as const

export function sitePath(site: Site): string {
  return `/sites/${encodeURIComponent(site.publicKey)}`
}
