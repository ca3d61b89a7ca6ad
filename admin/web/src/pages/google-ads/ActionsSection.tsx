import { useState, type ReactElement } from 'react'
import { useGoals } from '../../api/goals'
import { removeMapping, testMapping, type Connection, type Mapping } from '../../api/google'
import type { Site, Workspace } from '../../api/types'
import { Section } from '../../components/Section'
import { momentText, ownZone } from '../../format/moment'
import { money } from '../../format/money'
import { counted } from '../../format/number'
import { sentence } from '../../forms/problems'
import { useSend } from '../../forms/useSend'
import { ActionDialog } from './ActionDialog'
import { nameOf, transportNames } from './words'

interface ActionsProps {
  workspace: Workspace
  sites: Site[]
  connections: Connection[]
  mappings: Mapping[]
  changed: () => Promise<unknown>
}

/** ActionsSection lists what of which site goes to which conversion action. */
export function ActionsSection({ workspace, sites, connections, mappings, changed }: ActionsProps): ReactElement {
  const [dialog, setDialog] = useState<{ id: string } | null>(null)
  return (
    <Section title="What is sent" note="Sales, and goals where they are wanted, of each site to a conversion action at Google.">
      {mappings.length === 0 && <p className="nothing">Nothing yet. Choose an action for the sales of a site: from then on every sale of it stands under Conversions.</p>}
      <ul className="records wide">
        {mappings.map((m) => (
          <MappingLine key={m.id} workspace={workspace} mapping={m} site={sites.find((s) => s.id === m.siteId)} connection={connections.find((c) => c.id === m.connectionId)} changed={changed} edit={() => setDialog({ id: m.id })} />
        ))}
      </ul>
      <div className="section-foot">
        <button type="button" className="ctl" onClick={() => setDialog({ id: '' })}>
          Choose an action…
        </button>
      </div>
      {dialog && <ActionDialog workspace={workspace} sites={sites} connections={connections} id={dialog.id} changed={changed} onClose={() => setDialog(null)} />}
    </Section>
  )
}

interface LineProps {
  workspace: Workspace
  mapping: Mapping
  site: Site | undefined
  connection: Connection | undefined
  changed: () => Promise<unknown>
  edit: () => void
}

function MappingLine({ workspace, mapping: m, site, connection, changed, edit }: LineProps): ReactElement {
  const [asked, setAsked] = useState(false)
  const [result, setResult] = useState('')
  const test = useSend(
    () => testMapping(workspace.id, m.id),
    (t) => setResult(t.taken ? `Google would take it, by ${transportNames[t.transport] ?? t.transport}.` : `Google would not take it: ${t.reason}`),
  )
  const remove = useSend(() => removeMapping(workspace.id, m.id), changed)
  const fault = test.error ?? remove.error
  const name = m.actionName || m.actionId
  return (
    <li>
      <div>
        <b>
          {m.goalId ? site ? <GoalName site={site} id={m.goalId} /> : 'A goal' : 'Sales'} of {site?.name ?? 'a site'} → {name}
        </b>{' '}
        {m.paused && <span className="tag warn">Paused</span>}
        <small>{[connection && nameOf(connection), ...facts(m)].filter(Boolean).join(' · ')}</small>
        <small role="status">{fault ? sentence(fault) : result}</small>
      </div>
      <span className="record-actions">
        <button type="button" className="link" aria-label={`Change ${name}`} onClick={edit}>
          Change
        </button>
        <button type="button" className="link" aria-label={`Test ${name}`} aria-busy={test.pending} onClick={() => test.run()}>
          {test.pending ? 'Asking…' : 'Test'}
        </button>
        <button type="button" className="link" aria-label={asked ? `Really remove ${name}` : `Remove ${name}`} title="What was not sent yet is held" onBlur={() => setAsked(false)} onClick={() => (asked ? remove.run() : setAsked(true))}>
          {asked ? 'Really remove?' : 'Remove'}
        </button>
      </span>
    </li>
  )
}

function facts(m: Mapping): string[] {
  return [
    m.valueRule === 'event' ? 'worth what was sold' : m.valueRule === 'fixed' ? `worth ${money(m.fixedValue, m.currency)}` : 'without a value',
    m.review ? 'a person approves each' : '',
    m.enhanced ? 'with hashed e-mail and phone' : '',
    m.withoutClick ? 'also without a click' : '',
    m.delayMinutes > 0 ? `after ${counted(m.delayMinutes, 'minute')}` : '',
    m.onePerClick ? 'one for each click' : '',
    `events since ${momentText(new Date(m.since), ownZone())}`,
    m.pausedUntil ? `after failures not before ${momentText(new Date(m.pausedUntil), ownZone())}` : '',
  ]
}

/** GoalName is what the site calls a goal. */
function GoalName({ site, id }: { site: Site; id: string }): ReactElement {
  const goals = useGoals(site.publicKey)
  return <>{goals.data?.find((g) => g.id === id)?.name ?? 'A goal'}</>
}
