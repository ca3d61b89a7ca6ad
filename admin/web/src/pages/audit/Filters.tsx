import type { ReactElement } from 'react'
import type { Member } from '../../api/workspaces'
import { kinds } from '../../audit/words'
import { Icon } from '../../components/icons'
import { Search } from '../../components/Search'
import type { Chosen } from './filter'
import { subjectText } from './Subjects'

interface FiltersProps {
  chosen: Chosen
  choose: (change: Partial<Chosen>) => void
  members: Member[]
}

/** Filters are who, what, when and a text; the thing that it was done to is chosen in an entry. */
export function Filters({ chosen, choose, members }: FiltersProps): ReactElement {
  const known = members.some((m) => m.accountId === chosen.who)
  return (
    <div className="audit-filters" role="search" aria-label="Filter the audit">
      <Search label="Search the audit" placeholder="Search" maxLength={200} text={chosen.search} choose={(search) => choose({ search })} />
      <label>
        <span className="sr-only">Who</span>
        <select className="field" value={chosen.who} onChange={(e) => choose({ who: e.target.value })}>
          <option value="">Everybody</option>
          {members.map((m) => (
            <option key={m.accountId} value={m.accountId}>
              {m.name || m.email}
            </option>
          ))}
          {chosen.who && !known && <option value={chosen.who}>Account {chosen.who}</option>}
        </select>
      </label>
      <label>
        <span className="sr-only">What</span>
        <select className="field" value={chosen.action} onChange={(e) => choose({ action: e.target.value })}>
          {kinds.map((k) => (
            <option key={k.value} value={k.value}>
              {k.label}
            </option>
          ))}
          {!kinds.some((k) => k.value === chosen.action) && <option value={chosen.action}>{chosen.action}</option>}
        </select>
      </label>
      <span className="days">
        <input type="date" className="field" aria-label="From day" max={chosen.to || undefined} value={chosen.from} onChange={(e) => choose({ from: e.target.value })} />
        <span aria-hidden="true">–</span>
        <input type="date" className="field" aria-label="To day" min={chosen.from || undefined} value={chosen.to} onChange={(e) => choose({ to: e.target.value })} />
      </span>
      {chosen.about && (
        <span className="chip">
          <span className="cut">
            <em>about</em> <b>{subjectText(chosen.about)}</b>
          </span>
          <button type="button" className="chip-remove" aria-label={`Not only ${subjectText(chosen.about)}`} onClick={() => choose({ about: '' })}>
            <Icon name="close" />
          </button>
        </span>
      )}
    </div>
  )
}
