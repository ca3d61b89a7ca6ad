// Parts of the list that are wanted often, each with how many there are.
import type { ReactElement } from 'react'
import { useCounts, type Counted, type Part } from '../../api/counts'
import { conversionQuery, REFRESH_MS } from '../../api/conversions'
import type { Reconciliation } from '../../api/reconciliation'
import type { Site } from '../../api/types'
import { Segments } from '../../components/Segments'
import { count } from '../../format/number'
import type { Range } from '../../range/range'
import { asFilter, beside, openStates, type Chosen, type Show } from './filter'

interface PartsProps {
  site: Site
  range: Range
  chosen: Chosen
  choose: (change: Partial<Chosen>) => void
  sums: Reconciliation | undefined
}

const ofDays: readonly Part[] = ['all', 'held', 'open', 'none']

/** Parts has what pressing each of them shows: within what else is chosen. Days alone are added up already. */
export function Parts({ site, range, chosen, choose, sums }: PartsProps): ReactElement {
  const narrow = beside(chosen)
  const of = (show: Show) => conversionQuery(asFilter({ ...chosen, show, state: '', reason: '' }, site, range))
  const person = useCounts(site.publicKey, { query: personQuery(of('person')), parts: ['needs_person'], everyMs: REFRESH_MS }).data?.needs_person
  const counted = useCounts(site.publicKey, { query: of('all'), parts: narrow ? ofDays : [], everyMs: REFRESH_MS }).data
  const added = (states: readonly string[]): Counted | undefined => sums && { count: sums.leaves.filter((l) => states.length === 0 || states.includes(l.state || 'none')).reduce((n, l) => n + l.count, 0), more: false }
  const n = (part: 'all' | 'held' | 'open' | 'none', states: readonly string[]) => (narrow ? counted?.[part] : added(states))
  const label = (words: string, c: Counted | undefined) => `${words} ${countText(c)}`
  const none = n('none', ['none'])
  const options: { id: Show; label: string }[] = [
    { id: 'all', label: label('All', n('all', [])) },
    { id: 'person', label: label('Needs a person', person) },
    { id: 'held', label: label('Held', n('held', ['held'])) },
    { id: 'open', label: label('Not final', n('open', openStates)) },
    { id: 'none', label: label('No conversion', none) },
  ]
  return <Segments<Show> label="Which" value={chosen.show} onChange={(show) => choose({ show, state: '', reason: '' })} options={options} />
}

/** personQuery leaves to the part what it is about, so that the navigation and the page ask for the same. */
function personQuery(q: URLSearchParams): URLSearchParams {
  q.delete('needs')
  q.delete('site_id')
  return q
}

const countText = (c: Counted | undefined): string => (c ? count(c.count) + (c.more ? '+' : '') : '…')
