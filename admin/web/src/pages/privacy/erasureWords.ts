// What an erasure is, how far it is, and what its receipt says, in words.
import type { Erasure, SubjectKind } from '../../api/erasures'
import type { KeptPlace } from '../../api/retention'
import type { Site } from '../../api/types'

interface KindWords {
  kind: SubjectKind
  label: string
  /** by is how a person was named: by user id. */
  by: string
  hint: string
  /** looked is what will be looked for, beside what was typed. */
  looked: string
}

export const subjectKinds: readonly KindWords[] = [
  { kind: 'user_id', label: 'User id', by: 'by user id', hint: 'As the site sends it, to the letter.', looked: 'Every event with this user id, and those of browsers that carry nobody else’s user id or address.' },
  { kind: 'visitor_id', label: 'Visitor id', by: 'by visitor id', hint: 'The first-party id that the site sends.', looked: 'Every event of this browser, and nothing else: whose it is as well is not asked.' },
  { kind: 'order_id', label: 'Order id', by: 'by order id', hint: 'As it came with the sale.', looked: 'The order, the user who made it if there is but one, and browsers that carry nobody else’s user id or address.' },
  { kind: 'email', label: 'E-mail address', by: 'by e-mail address', hint: 'As it came with a sale. Only its hash was kept.', looked: 'Sales with this address, the user they belong to if there is but one, and browsers that carry nobody else’s user id or address.' },
]

/** stores are where it is looked, whoever is erased. */
export const stores = 'Events, visits, reports’ sums, quarantine, and the books of clicks, sales and refunds. Until it is done, new events of the same person are kept out.'

/** about is what an erasure is about: A person, by user id. */
export function about(e: Erasure, sites: readonly Site[]): string {
  if (e.scope === 'workspace') return 'The whole workspace'
  if (e.scope === 'site') return `A site as a whole: ${siteNames(e.siteIds, sites)}`
  const kind = subjectKinds.find((k) => k.kind === e.subjectKind)
  return kind ? `A person, ${kind.by}` : 'A person'
}

/** siteNames names sites; one that is gone has its number left. */
export function siteNames(ids: readonly string[], sites: readonly Site[]): string {
  return ids.map((id) => sites.find((s) => s.id === id)?.name ?? `site ${id}`).join(', ') || 'no site'
}

const DUE_DAYS = 30 // as requests of people are answered

export const dueAt = (e: Erasure): Date => new Date(new Date(e.requestedAt).getTime() + DUE_DAYS * 86_400_000)

const states: Record<string, string> = {
  requested: 'Finding what belongs to it',
  keeping_out: 'Keeping out',
  erasing: 'Erasing',
  checking: 'Looking again',
  done: 'Gone',
  failed: 'Will be tried again',
}

export function stateTag(e: Erasure, now: Date): { tag: string; word: string } {
  if (e.state === 'done') return { tag: 'tag good', word: 'Gone' }
  if (dueAt(e) < now) return { tag: 'tag bad', word: 'Overdue' }
  return { tag: e.state === 'failed' ? 'tag bad' : 'tag warn', word: states[e.state] ?? e.state }
}

const storeNames: Record<string, string> = { clickhouse: 'ClickHouse', postgres: 'Postgres', kafka: 'Kafka', collector: 'Collectors', disk: 'Disk', outside: 'Outside' }

export const storeName = (store: string): string => storeNames[store] ?? store

/** holds is what a table has, in the words of what is kept. */
export function holds(store: string, table: string, places: readonly KeptPlace[]): string {
  return places.find((p) => p.store === store && p.name === table)?.holds ?? table
}

/** Step is a moment of an erasure; at is null where it is still to come. */
export interface Step {
  title: string
  note: string
  at: string | null
}

export function steps(e: Erasure): Step[] {
  const r = e.receipt
  return [
    { title: 'Asked for', note: 'What belongs to it was found out, and is kept out from here on.', at: e.requestedAt },
    { title: 'Kept out', note: 'No collector takes such events any more; what was on its way was waited for.', at: r.keptOutAt },
    { title: 'Gone from every question', note: 'No report, search or copy finds any of it.', at: r.hiddenAt },
    { title: 'Looked again', note: 'Deleted and rewritten; nothing was found any more, on disk neither.', at: r.checkedAt },
    { title: 'Done', note: 'This receipt is complete.', at: e.doneAt },
  ]
}
