// The tables of a receipt: what was found where, what came in later, and what goes by itself.
import { useMemo, type ReactElement } from 'react'
import type { Erasure, Found } from '../../api/erasures'
import type { KeptPlace } from '../../api/retention'
import type { Site } from '../../api/types'
import { DataTable, type Column } from '../../components/DataTable'
import { dayText, momentText, ownZone } from '../../format/moment'
import { bytes, count, counted } from '../../format/number'
import { holds, siteNames, storeName } from './erasureWords'

interface FoundProps {
  erasure: Erasure
  places: KeptPlace[]
  sites: Site[]
}

/** FoundSection is what was found and deleted, table by table. */
export function FoundSection({ erasure: e, places, sites }: FoundProps): ReactElement {
  const found = e.receipt.found
  const rows = found.reduce((sum, f) => sum + f.rows, 0)
  const columns = useMemo(
    (): readonly Column<Found>[] => [
      { id: 'what', header: 'What', cell: (f) => <What found={f} places={places} sites={sites} /> },
      { id: 'store', header: 'Where', least: true, cell: (f) => storeName(f.store) },
      { id: 'bytes', header: 'Size', least: true, cell: (f) => (f.bytes > 0 ? bytes(f.bytes) : <span className="dim">–</span>) },
      { id: 'rows', header: 'Rows', cell: (f) => count(f.rows) },
    ],
    [places, sites],
  )
  return (
    <section className="settings" aria-labelledby="found-title">
      <header>
        <h2 id="found-title">What was found and deleted</h2>
      </header>
      {found.length > 0 ? <DataTable caption="What was found and deleted" className="lines found-table" columns={columns} rows={found} /> : <p className="table-foot">{none(e)}</p>}
      {found.length > 0 && (
        <p className="table-foot">
          <span>
            {counted(rows, 'row')} in {counted(found.length, 'table')}
          </span>
        </p>
      )}
    </section>
  )
}

function none(e: Erasure): string {
  if (!e.receipt.hiddenAt) return 'It is still being looked for.'
  return e.scope === 'visitor' ? 'It was looked for in every store, and nothing was found. Names that come without the consent they need are never stored.' : 'It was looked for in every store, and nothing was found.'
}

function What({ found: f, places, sites }: { found: Found; places: KeptPlace[]; sites: Site[] }): ReactElement {
  return (
    <span className="two">
      {holds(f.store, f.table, places)}
      <small>
        {storeName(f.store)} · {f.table}
        {f.siteId && ` · ${siteNames([f.siteId], sites)}`}
      </small>
    </span>
  )
}

/** LaterSection is what came in after the check from machines that had been cut off; mostly nothing. */
export function LaterSection({ erasure: e }: { erasure: Erasure }): ReactElement | null {
  if (e.receipt.later.length === 0) return null
  return (
    <section className="settings" aria-labelledby="later-title">
      <header>
        <h2 id="later-title">What came in later</h2>
        <p>From machines that had been cut off. It was deleted as well.</p>
      </header>
      <ul className="records wide">
        {e.receipt.later.map((l) => (
          <li key={l.at}>
            <div>{momentText(new Date(l.at), ownZone())}</div>
            <span className="figures">{counted(l.rows, 'row')}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}

const waitColumns: readonly Column<Erasure['receipt']['waits'][number]>[] = [
  { id: 'what', header: 'What', cell: (w) => <span className="two">{storeName(w.store)}<small>{w.what}</small></span> },
  { id: 'gone', header: 'Gone by', cell: (w) => dayText(new Date(w.goneBy), ownZone()) },
]

/** WaitsSection is what nobody can rewrite, and by when it is gone. */
export function WaitsSection({ erasure: e }: { erasure: Erasure }): ReactElement | null {
  if (e.receipt.waits.length === 0) return null
  return (
    <section className="settings" aria-labelledby="waits-title">
      <header>
        <h2 id="waits-title">What goes by itself</h2>
        <p>Messages and files that are never rewritten. What is read out of them again is kept out.</p>
      </header>
      <DataTable caption="What goes by itself, and when" className="lines waits-table" columns={waitColumns} rows={e.receipt.waits} />
    </section>
  )
}
