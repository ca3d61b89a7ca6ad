import { useState, type ReactElement } from 'react'
import type { PrivacyRequest } from '../../api/rights'
import type { Workspace } from '../../api/types'
import { Section } from '../../components/Section'
import { dayText, ownZone } from '../../format/moment'
import { RequestDialog } from './RequestDialog'

export const stateWords: Record<string, string> = { open: 'Open', in_progress: 'In progress', waiting: 'Waiting for the person', done: 'Done', refused: 'Refused' }

const kindWords: Record<string, string> = { access: 'Wants to know what is kept', correction: 'Wants something put right', erasure: 'Wants to be erased', objection: 'Objects', other: 'Asks something' }

const over = (r: PrivacyRequest) => r.state === 'done' || r.state === 'refused'

/** RequestsSection lists what people asked for: what is due first, then what is answered. */
export function RequestsSection({ workspace, requests }: { workspace: Workspace; requests: PrivacyRequest[] }): ReactElement {
  const [opened, setOpened] = useState<string | null>(null)
  const rows = [...requests].sort((a, b) => Number(over(a)) - Number(over(b)) || (a.dueAt ?? '').localeCompare(b.dueAt ?? ''))
  return (
    <Section title="Requests" note="What people whose data is here have asked for. Each is due 30 days after its address was confirmed.">
      {rows.length === 0 && <p className="table-foot">Nobody has asked for anything.</p>}
      <ul className="records wide">
        {rows.map((r) => (
          <li key={r.id}>
            <div>
              <b>{kindWords[r.kind] ?? r.kind}</b> <StateTag request={r} />
              <small>
                {r.email}
                {r.hostname && ` · ${r.hostname}`} · {r.dueAt ? `due ${dayText(new Date(r.dueAt), ownZone())}` : 'not confirmed yet'}
              </small>
            </div>
            <button type="button" className="link" aria-label={`Open the request of ${r.email}`} onClick={() => setOpened(r.id)}>
              Open
            </button>
          </li>
        ))}
      </ul>
      {opened && <RequestDialog workspace={workspace} id={opened} onClose={() => setOpened(null)} />}
    </Section>
  )
}

function StateTag({ request: r }: { request: PrivacyRequest }): ReactElement {
  const late = !over(r) && r.dueAt !== null && new Date(r.dueAt).getTime() < Date.now()
  return <span className={late ? 'tag bad' : r.state === 'done' ? 'tag good' : over(r) ? 'tag' : 'tag warn'}>{late ? 'Overdue' : (stateWords[r.state] ?? r.state)}</span>
}
