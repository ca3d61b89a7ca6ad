import { useState, type ReactElement } from 'react'
import { saveDefinition, useTag, type Goal } from '../../api/goals'
import { onceKeys } from '../../api/once'
import { Modal } from '../../components/Modal'
import { Field } from '../../forms/Field'
import { Form, type Values } from '../../forms/Form'
import { LinesField } from '../../forms/LinesField'
import { SelectField } from '../../forms/SelectField'
import type { DefinitionDialogProps } from './GoalsSection'
import { matchOf } from './goalWords'
import { inFields } from './inFields'

const kinds = [
  { value: 'page', label: 'A page is viewed' },
  { value: 'event', label: 'An event happens' },
  { value: 'sale', label: 'Something is sold' },
]

const types = ['', 'goal', 'interaction', 'pageview', 'click', 'sale', 'refund'].map((t) => ({ value: t, label: t || 'Any' }))

/** GoalDialog makes a goal, or changes one. */
export function GoalDialog({ site, goal, changed, onClose }: DefinitionDialogProps & { goal: Goal | null }): ReactElement {
  const id = goal?.id ?? ''
  const { data } = useTag(site.publicKey, 'goals', id)
  const [once] = useState(() => onceKeys())
  const [kind, setKind] = useState<string>(goal?.match.kind ?? 'page')
  const send = (v: Values) => {
    const body = JSON.stringify({ name: v['name'], match: matchOf(v) })
    return inFields(saveDefinition(site.publicKey, 'goals', id, { body, once: once(body), tag: data?.tag ?? '' }), { 'match.name': 'event' })
  }
  const done = async () => {
    await changed()
    onClose()
  }
  const m = goal?.match
  const props = Object.entries(m?.props ?? {}).map(([k, v]) => `${k} = ${v}`)
  return (
    <Modal title={goal ? `Change ${goal.name}` : 'Add a goal'} onClose={onClose}>
      <div onInput={(e) => (e.target as HTMLInputElement).name === 'kind' && setKind((e.target as HTMLInputElement).value)}>
        <Form label="Goal" send={send} done={done} submit="Save" busy="Saving…" home={{ conflict: 'name' }}>
          <Field name="name" label="Name" autoComplete="off" maxLength={100} defaultValue={goal?.name} data-autofocus hint="As reports name it." missing="A name is needed." />
          <SelectField name="kind" label="Reached when" options={kinds} defaultValue={kind} />
          {kind === 'page' && <Field name="path" label="Path" autoComplete="off" autoCapitalize="none" spellCheck={false} maxLength={500} defaultValue={m?.path ?? ''} hint="/thanks, or /order/*/done: * stands for any text." missing="A path is needed." />}
          {kind === 'event' && (
            <>
              <div className="form-pair">
                <SelectField name="event_type" label="Type" options={types} defaultValue={m?.event_type ?? 'goal'} required={false} />
                <Field name="event" label="Name of the event" autoComplete="off" spellCheck={false} maxLength={200} required={false} defaultValue={m?.name ?? ''} hint="To the letter." />
              </div>
              <LinesField name="props" label="With these properties" lines={props} hint="One in a line: plan = pro." />
            </>
          )}
          {kind === 'sale' && <Field name="min_amount" label={`At least, in ${site.currency}`} inputMode="decimal" autoComplete="off" required={false} maxLength={40} defaultValue={m?.min_amount ?? ''} placeholder="any amount" hint="49.90, or empty." />}
        </Form>
      </div>
    </Modal>
  )
}
