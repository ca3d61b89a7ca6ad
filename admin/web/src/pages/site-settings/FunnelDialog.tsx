import { useState, type ReactElement } from 'react'
import { saveDefinition, useTag, type Funnel, type Goal, type Step } from '../../api/goals'
import { onceKeys } from '../../api/once'
import { Icon } from '../../components/icons'
import { Modal } from '../../components/Modal'
import { CheckField } from '../../forms/CheckField'
import { Field } from '../../forms/Field'
import { Form, type Values } from '../../forms/Form'
import { SelectField } from '../../forms/SelectField'
import type { DefinitionDialogProps } from './GoalsSection'

const MOST_STEPS = 8
const windows = [
  { value: '0', label: 'One visit' },
  { value: '1', label: 'An hour' },
  { value: '24', label: 'A day' },
  { value: '168', label: 'A week' },
  { value: '720', label: '30 days' },
]

/** FunnelDialog makes a funnel, or changes one. Steps that are no goals stay as they are. */
export function FunnelDialog({ site, goals, funnel, changed, onClose }: DefinitionDialogProps & { funnel: Funnel | null }): ReactElement {
  const id = funnel?.id ?? ''
  const { data } = useTag(site.publicKey, 'funnels', id)
  const [once] = useState(() => onceKeys())
  const [steps, setSteps] = useState<Step[]>(funnel?.steps ?? goals.slice(0, 2).map((g) => ({ goalId: g.id, name: '', match: null })))
  const send = (v: Values) => {
    const body = JSON.stringify({ name: v['name'], steps: steps.map((s) => (s.goalId ? { goal_id: s.goalId } : { name: s.name, match: s.match })), window_hours: Number(v['window_hours']), strict: v['strict'] !== undefined })
    return saveDefinition(site.publicKey, 'funnels', id, { body, once: once(body), tag: data?.tag ?? '' })
  }
  const done = async () => {
    await changed()
    onClose()
  }
  const hours = String(funnel?.windowHours ?? 0)
  const offered = windows.some((w) => w.value === hours) ? windows : [...windows, { value: hours, label: `${hours} hours` }]
  return (
    <Modal title={funnel ? `Change ${funnel.name}` : 'Add a funnel'} onClose={onClose}>
      <Form label="Funnel" send={send} done={done} submit="Save" busy="Saving…" home={{ conflict: 'name' }}>
        <Field name="name" label="Name" autoComplete="off" maxLength={100} defaultValue={funnel?.name} data-autofocus hint="As reports name it." missing="A name is needed." />
        <Steps steps={steps} set={setSteps} goals={goals} />
        <SelectField name="window_hours" label="From the first step to the last" options={offered} defaultValue={hours} />
        <CheckField name="strict" label="Nothing else may happen between two steps" checked={funnel?.strict ?? false} />
      </Form>
    </Modal>
  )
}

function Steps({ steps, set, goals }: { steps: Step[]; set: (steps: Step[]) => void; goals: Goal[] }): ReactElement {
  return (
    <fieldset className="form-field rules">
      <legend>Steps, in their order</legend>
      {steps.map((s, i) => (
        <div key={i} className="rule step-line">
          <span className="figures" aria-hidden="true">
            {i + 1}
          </span>
          <select className="field" aria-label={`Step ${i + 1}`} value={s.goalId} onChange={(e) => set(steps.map((x, j) => (j === i ? { goalId: e.target.value, name: '', match: null } : x)))}>
            {!s.goalId && <option value="">{s.name}</option>}
            {goals.map((g) => (
              <option key={g.id} value={g.id}>
                {g.name}
              </option>
            ))}
          </select>
          <button type="button" className="icon-button" disabled={steps.length <= 2} aria-label={`Remove step ${i + 1}`} onClick={() => set(steps.filter((_, j) => j !== i))}>
            <Icon name="close" />
          </button>
        </div>
      ))}
      {steps.length < MOST_STEPS && (
        <button type="button" className="link" onClick={() => set([...steps, { goalId: goals[0]?.id ?? '', name: '', match: null }])}>
          Add a step
        </button>
      )}
    </fieldset>
  )
}
