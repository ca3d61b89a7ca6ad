import { useQueryClient } from '@tanstack/react-query'
import { useState, type ReactElement } from 'react'
import { deleteDefinition, goalsKey, useFunnels, useGoals, type Funnel, type Goal, type Noun } from '../../api/goals'
import type { Site } from '../../api/types'
import { Modal } from '../../components/Modal'
import { Problem } from '../../components/Problem'
import { Section } from '../../components/Section'
import { Waiting } from '../../components/Waiting'
import { Form } from '../../forms/Form'
import { FunnelDialog } from './FunnelDialog'
import { GoalDialog } from './GoalDialog'
import { funnelText, matchText } from './goalWords'

type Opened = { kind: 'goal'; goal: Goal | null } | { kind: 'funnel'; funnel: Funnel | null } | { kind: 'delete'; noun: Noun; id: string; name: string }

/** GoalsSection lists what the site wants people to do, and changes it where one may. */
export function GoalsSection({ site, edits }: { site: Site; edits: boolean }): ReactElement {
  const goals = useGoals(site.publicKey)
  const funnels = useFunnels(site.publicKey)
  const client = useQueryClient()
  const [opened, setOpened] = useState<Opened | null>(null)
  const failed = goals.isError && !goals.data ? goals : funnels.isError && !funnels.data ? funnels : null
  if (failed) {
    return (
      <div className="settings">
        <Problem error={failed.error!} retry={() => void failed.refetch()} retrying={failed.isFetching} what="list" />
      </div>
    )
  }
  if (!goals.data || !funnels.data) return <Waiting label="Loading goals and funnels" sections={[2, 2]} />
  const dialog = { site, goals: goals.data, changed: () => client.invalidateQueries({ queryKey: goalsKey(site.publicKey) }), onClose: () => setOpened(null) }
  return (
    <>
      <Section title="Goals" note="Which events count as what the site is for. Reports of the past have them, too.">
        {goals.data.length === 0 && <p className="table-foot">No goal yet: a thank-you page, a sign-up, a sale.</p>}
        <ul className="records wide">
          {goals.data.map((g) => (
            <Record key={g.id} name={g.name} says={matchText(g.match, site.currency)} edits={edits} change={() => setOpened({ kind: 'goal', goal: g })} remove={() => setOpened({ kind: 'delete', noun: 'goals', id: g.id, name: g.name })} />
          ))}
        </ul>
        {edits && <Foot words="Add a goal" add={() => setOpened({ kind: 'goal', goal: null })} />}
      </Section>
      <Section title="Funnels" note="Steps in an order, and how many people go on from each to the next.">
        {funnels.data.length === 0 && <p className="table-foot">{goals.data.length < 2 ? 'A funnel is made of two goals or more: add them first.' : 'No funnel yet.'}</p>}
        <ul className="records wide">
          {funnels.data.map((f) => (
            <Record key={f.id} name={f.name} says={funnelText(f, goals.data)} edits={edits} change={() => setOpened({ kind: 'funnel', funnel: f })} remove={() => setOpened({ kind: 'delete', noun: 'funnels', id: f.id, name: f.name })} />
          ))}
        </ul>
        {edits && goals.data.length >= 2 && <Foot words="Add a funnel" add={() => setOpened({ kind: 'funnel', funnel: null })} />}
      </Section>
      {opened?.kind === 'goal' && <GoalDialog {...dialog} goal={opened.goal} />}
      {opened?.kind === 'funnel' && <FunnelDialog {...dialog} funnel={opened.funnel} />}
      {opened?.kind === 'delete' && <DeleteDialog {...dialog} {...opened} />}
    </>
  )
}

/** DefinitionDialogProps are what dialogs about goals and funnels get. */
export interface DefinitionDialogProps {
  site: Site
  goals: Goal[]
  changed: () => Promise<void>
  onClose: () => void
}

function Foot({ words, add }: { words: string; add: () => void }): ReactElement {
  return (
    <div className="settings-foot">
      <button type="button" className="ctl" onClick={add}>
        {words}
      </button>
    </div>
  )
}

interface RecordProps {
  name: string
  says: string
  edits: boolean
  change: () => void
  remove: () => void
}

function Record({ name, says, edits, change, remove }: RecordProps): ReactElement {
  return (
    <li>
      <div>
        <b>{name}</b>
        <small>{says}</small>
      </div>
      {edits && (
        <span className="record-actions">
          <button type="button" className="link" aria-label={`Change ${name}`} onClick={change}>
            Change
          </button>
          <button type="button" className="link" aria-label={`Delete ${name}`} onClick={remove}>
            Delete
          </button>
        </span>
      )}
    </li>
  )
}

function DeleteDialog({ site, noun, id, name, changed, onClose }: DefinitionDialogProps & { noun: Noun; id: string; name: string }): ReactElement {
  const done = async () => {
    await changed()
    onClose()
  }
  return (
    <Modal title={`Delete ${name}`} onClose={onClose}>
      <Form label={`Delete ${name}`} send={() => deleteDefinition(site.publicKey, noun, id)} done={done} submit="Delete" busy="Deleting…" danger>
        <p>Reports no longer have it. The events that it is made of stay, so it can be made again.</p>
      </Form>
    </Modal>
  )
}
