// The page's filter is its address. Days are those of the reader's time zone.
import type { AuditFilter } from '../../api/audit'
import { addDays, dayStart, isPlainDate } from '../../range/date'

/** Chosen is what the address says. */
export interface Chosen {
  action: string
  who: string
  about: string
  search: string
  /** from and to are days, to the last one that counts. */
  from: string
  to: string
}

export function readChosen(q: URLSearchParams): Chosen {
  const fitting = (name: string, form: RegExp) => (form.test(q.get(name) ?? '') ? q.get(name)! : '')
  const day = (name: string) => (isPlainDate(q.get(name) ?? '') ? q.get(name)! : '')
  return {
    action: fitting('action', /^[a-z_.]{1,100}$/),
    who: fitting('who', /^\d{1,18}$/),
    about: fitting('about', /^[a-z_]{1,40}:\d{1,18}$/),
    search: (q.get('search') ?? '').slice(0, 200),
    from: day('from'),
    to: day('to'),
  }
}

export function writeChosen(c: Chosen): URLSearchParams {
  return new URLSearchParams(Object.entries(c).filter(([, value]) => value !== ''))
}

export const chosenAny = (c: Chosen): boolean => Object.values(c).some((v) => v !== '')

/** asFilter is the filter as the API takes it: from the first moment of a day to the end of another. */
export function asFilter(c: Chosen, timeZone: string): AuditFilter {
  return {
    action: c.action,
    accountId: c.who,
    about: c.about,
    search: c.search.trim(),
    from: c.from ? dayStart(c.from, timeZone).toISOString() : '',
    to: c.to ? dayStart(addDays(c.to, 1), timeZone).toISOString() : '',
  }
}
