import { useState, type ReactElement } from 'react'
import type { KeptPlace } from '../../api/retention'
import { DataTable, type Column } from '../../components/DataTable'
import { storeName } from './erasureWords'

const about: Record<string, string> = { visitors: 'Visitors', account_holders: 'People with an account', requesters: 'People who ask', nobody: 'Nobody' }

const columns: readonly Column<KeptPlace>[] = [
  { id: 'holds', header: 'What', cell: (p) => <What place={p} /> },
  { id: 'about', header: 'About whom', least: true, cell: (p) => about[p.about] ?? p.about },
  { id: 'kept', header: 'For how long', cell: (p) => p.kept },
]

function What({ place }: { place: KeptPlace }): ReactElement {
  return (
    <span className="two">
      {place.holds}
      <small>
        {storeName(place.store)} · {place.name}
      </small>
    </span>
  )
}

/** KeptSection is what is kept and for how long, out of the settings in force. */
export function KeptSection({ places }: { places: KeptPlace[] }): ReactElement {
  const [all, setAll] = useState(false)
  const people = places.filter((p) => p.about !== 'nobody')
  const rest = places.filter((p) => p.about === 'nobody')
  return (
    <section className="settings" aria-labelledby="kept-title">
      <header>
        <h2 id="kept-title">What is kept</h2>
        <p>
          Read from the settings in force at this moment. Everybody sees the same <a className="row-more" href="/privacy/data">without signing in</a>.
        </p>
      </header>
      <DataTable caption="What is kept and for how long" className="lines kept-table" columns={columns} rows={all ? [...people, ...rest] : people} />
      {rest.length > 0 && (
        <p className="table-foot">
          <button type="button" className="link" aria-expanded={all} onClick={() => setAll(!all)}>
            {all ? 'Only what says something about people' : `Show ${rest.length} more, which say nothing about people`}
          </button>
        </p>
      )}
    </section>
  )
}
