// What the states of connections and the results of consenting are called by people.
import type { Connection } from '../../api/google'
import { accountNumber } from '../../format/names'

export const transportNames: Record<string, string> = { data_manager: 'Data Manager', google_ads: 'Google Ads API', file: 'A file that Google fetches', retraction: 'Taking conversions back' }

export const stateNames: Record<string, string> = { choosing: 'Account to be chosen', active: 'Connected', needs_reconnecting: 'Connect again', disconnected: 'Disconnected' }

/** results say what came of consenting at Google, by the code that the address has. */
export const results: Record<string, { words: string; good: boolean }> = {
  connected: { words: 'Google is connected. Choose the account that your ads run in.', good: true },
  reconnected: { words: 'Google is connected again. What waited is sent.', good: true },
  denied: { words: 'Google was not allowed in, so nothing was connected.', good: false },
  missing_scopes: { words: 'Not every permission that is needed was ticked, so nothing was connected. Connect again and leave all of them ticked.', good: false },
  expired: { words: 'Connecting took longer than ten minutes, or was finished already. Begin again.', good: false },
  other_session: { words: 'Connecting was begun by another sign-in. Begin again.', good: false },
  refused: { words: 'Google did not take the consent. Begin again.', good: false },
  unavailable: { words: 'Google did not answer. Try again in a few minutes.', good: false },
  gone: { words: 'The connection has ended meanwhile, or there are too many.', good: false },
}

export const scopeNames: Record<string, string> = { datamanager: 'sending conversions (datamanager)', adwords: 'listing accounts and actions (adwords)' }

/** nameOf is what a connection is called: its account, or what it is. */
export function nameOf(c: Connection): string {
  return c.customer?.name || (c.customer?.id ? accountNumber(c.customer.id) : c.file ? 'File' : 'Google account')
}
