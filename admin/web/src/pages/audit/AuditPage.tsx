// Who did what in a workspace, the newest first, with what was there before and after.
import { useMemo, type ReactElement } from 'react'
import { useSearchParams } from 'wouter'
import { exportAddress, useAudit, type AuditEntry } from '../../api/audit'
import type { Workspace } from '../../api/types'
import { useMembers } from '../../api/workspaces'
import { usePageTitle } from '../../app/usePageTitle'
import { Icon } from '../../components/icons'
import { More } from '../../components/More'
import { Problem } from '../../components/Problem'
import { Skeleton } from '../../components/Skeleton'
import { ownZone, zoneText } from '../../format/moment'
import { count } from '../../format/number'
import { EntryRow } from './EntryRow'
import { Filters } from './Filters'
import { asFilter, chosenAny, readChosen, writeChosen, type Chosen } from './filter'

export function AuditPage({ workspace }: { workspace: Workspace }): ReactElement {
  usePageTitle(`Audit · ${workspace.name}`)
  const zone = ownZone()
  const [query, setQuery] = useSearchParams()
  const chosen = readChosen(query)
  const choose = (change: Partial<Chosen>) => setQuery(writeChosen({ ...chosen, ...change }), { replace: 'search' in change })
  const filter = asFilter(chosen, zone)
  const members = useMembers(workspace.id)
  const audit = useAudit(workspace.id, filter)
  const entries = useMemo(() => audit.data?.pages.flatMap((p) => p.entries), [audit.data])
  return (
    <div className="wide-page">
      <div className="top">
        <h1>Audit</h1>
        <div className="controls">
          {(['csv', 'json'] as const).map((format) => (
            <a key={format} className="ctl" href={exportAddress(workspace.id, filter, format)} download title="Everything that the filter chooses, not this page alone. That you exported it becomes an entry.">
              <Icon name="download" />
              {format.toUpperCase()}
            </a>
          ))}
        </div>
      </div>
      <Filters chosen={chosen} choose={choose} members={members.data ?? []} />
      <section className="settings audit" aria-label="Entries" aria-busy={audit.isFetching}>
        {audit.isError && !entries ? (
          <Problem error={audit.error} retry={() => void audit.refetch()} retrying={audit.isFetching} what="audit" />
        ) : entries ? (
          <Entries entries={entries} members={members.data ?? []} zone={zone} about={(about) => choose({ about })} />
        ) : (
          <WaitingRows />
        )}
        {entries?.length === 0 && <Nothing filtered={chosenAny(chosen)} clear={() => setQuery(new URLSearchParams())} />}
        {entries && entries.length > 0 && (
          <More asked={audit} shown={`${count(entries.length)} ${audit.hasNextPage ? 'shown' : entries.length === 1 ? 'entry' : 'entries'}`} />
        )}
      </section>
      {entries && <p className="state">Times are in your time zone, {zoneText(zone, new Date())}. Entries are only added, never changed, and each seals the one before.</p>}
    </div>
  )
}

interface EntriesProps {
  entries: AuditEntry[]
  members: Parameters<typeof EntryRow>[0]['members']
  zone: string
  about: (about: string) => void
}

function Entries({ entries, ...row }: EntriesProps): ReactElement | null {
  if (entries.length === 0) return null
  return (
    <table className="lines entries">
      <caption className="sr-only">What happened in the workspace, the newest first</caption>
      <thead>
        <tr>
          <th scope="col">When</th>
          <th scope="col">What</th>
          <th scope="col" className="least">
            To
          </th>
          <th scope="col" className="least">
            From
          </th>
          <th scope="col">
            <span className="sr-only">Difference</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {entries.map((e) => (
          <EntryRow key={e.seq} entry={e} {...row} />
        ))}
      </tbody>
    </table>
  )
}

function WaitingRows(): ReactElement {
  return (
    <div className="waiting-lines" aria-label="Loading the audit">
      {[62, 48, 70, 55, 64, 46].map((width, i) => (
        <Skeleton key={i} width={width} />
      ))}
    </div>
  )
}

function Nothing({ filtered, clear }: { filtered: boolean; clear: () => void }): ReactElement {
  return (
    <div className="nothing">
      <p>{filtered ? 'Nothing that happened here fits this filter.' : 'Nothing has happened here yet. Every change, sign-in, export and refusal will be listed.'}</p>
      {filtered && (
        <button type="button" className="link" onClick={clear}>
          Show everything
        </button>
      )}
    </div>
  )
}
