// What is looked at is the address. Days are those of the site's time zone.
import type { ConversionFilter } from '../../api/conversions'
import { parseChoice, putChoice } from '../../range/address'
import { addDays, dayStart } from '../../range/date'
import type { Range, RangeChoice } from '../../range/range'

/** Show is a part of the list that is wanted often. */
export type Show = 'all' | 'person' | 'held' | 'open' | 'none'

export interface Chosen {
  choice: RangeChoice | null
  show: Show
  state: string
  reason: string
  action: string
  campaign: string
  click: string
  search: string
  /** id is the key of the conversion that is looked at. */
  id: string
}

/** openStates are those of which the end is not known. */
export const openStates: readonly string[] = ['waiting', 'ready', 'sending', 'received', 'unknown']

const shows: readonly Show[] = ['person', 'held', 'open', 'none']
const statesOf: Record<Show, readonly string[]> = { all: [], person: [], held: ['held'], open: openStates, none: ['none'] }

export function readChosen(q: URLSearchParams): Chosen {
  const fitting = (name: string, form: RegExp) => (form.test(q.get(name) ?? '') ? q.get(name)! : '')
  return {
    choice: parseChoice(q),
    show: shows.find((s) => s === q.get('show')) ?? 'all',
    state: fitting('state', /^[a-z]{1,20}$/),
    reason: fitting('reason', /^\w{1,100}$/),
    action: fitting('action', /^\d{1,20}$/),
    campaign: (q.get('campaign') ?? '').slice(0, 1000),
    click: fitting('click', /^(gclid|gbraid|wbraid|none)$/),
    search: (q.get('search') ?? '').slice(0, 1000),
    id: fitting('id', /^s?\d{1,18}$/),
  }
}

export function writeChosen({ choice, show, ...rest }: Chosen): URLSearchParams {
  const q = new URLSearchParams()
  putChoice(q, choice)
  if (show !== 'all') q.set('show', show)
  for (const [name, value] of Object.entries(rest)) if (value) q.set(name, value)
  return q
}

/** narrowed tells whether more is chosen than days. */
export const narrowed = (c: Chosen): boolean => c.show !== 'all' || [c.state, c.reason, c.action, c.campaign, c.click, c.search].some((v) => v !== '')

/** everyDay tells whether days do not matter: what is searched and what needs a person is found on whatever day it was sold. */
export const everyDay = (c: Pick<Chosen, 'search' | 'show'>): boolean => c.search.trim() !== '' || c.show === 'person'

/** beside tells whether something is chosen that holds for every part of the list, beside days. */
export const beside = (c: Chosen): boolean => [c.action, c.campaign, c.click, c.search.trim()].some((v) => v !== '')

/** NOTHING_CHOSEN shows all of the days. */
export const NOTHING_CHOSEN = { show: 'all', state: '', reason: '', action: '', campaign: '', click: '', search: '' } as const

/** asFilter is what the API is asked. */
export function asFilter(c: Chosen, site: { publicKey: string; timeZone: string }, range: Range): ConversionFilter {
  const days = !everyDay(c)
  return {
    site: site.publicKey,
    states: c.state ? [c.state] : statesOf[c.show],
    reason: c.reason,
    person: c.show === 'person',
    action: c.action,
    campaign: c.campaign,
    clickKind: c.click,
    search: c.search.trim(),
    from: days ? dayStart(range.from, site.timeZone).toISOString() : '',
    to: days ? dayStart(addDays(range.to, 1), site.timeZone).toISOString() : '',
  }
}
