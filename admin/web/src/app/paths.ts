// The addresses of the pages, in one place.
import type { Site } from '../api/types'

/** LAST_SITE and LAST_WORKSPACE are where the device remembers what was looked at last. */
export const LAST_SITE = 'noctra.site'
export const LAST_WORKSPACE = 'noctra.workspace'

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
  newWorkspace: '/workspaces/new',
} as const

export function sitePath(site: Site): string {
  return `/sites/${encodeURIComponent(site.publicKey)}`
}

export function conversionsPath(site: { publicKey: string }): string {
  return `/sites/${encodeURIComponent(site.publicKey)}/conversions`
}

export function attributionPath(site: { publicKey: string }): string {
  return `/sites/${encodeURIComponent(site.publicKey)}/attribution`
}

export type SiteSection = 'general' | 'collecting' | 'privacy' | 'keys' | 'goals' | 'partners' | 'installation'

export function siteSettingsPath(site: { publicKey: string }, section: SiteSection = 'general'): string {
  return `/sites/${encodeURIComponent(site.publicKey)}/settings/${section}`
}

export type WorkspacePlace = 'sites' | 'sites/new' | 'members' | 'audit' | 'settings' | 'privacy' | 'google'

export function workspacePath(id: string, place: WorkspacePlace): string {
  return `/workspaces/${encodeURIComponent(id)}/${place}`
}

export type PrivacySection = 'requests' | 'erasures' | 'corrections' | 'copies' | 'retention'

/** privacyPath is a part of a workspace's Privacy; item is the receipt of an erasure. */
export function privacyPath(id: string, section: PrivacySection, item = ''): string {
  return `${workspacePath(id, 'privacy')}/${section}${item && `/${encodeURIComponent(item)}`}`
}
