import { useQueryClient } from '@tanstack/react-query'
import { useState, type ReactElement } from 'react'
import { ApiError } from '../../api/client'
import { correct, correctionsKey, type Correction } from '../../api/corrections'
import { onceKeys } from '../../api/once'
import type { Site } from '../../api/types'
import { Modal } from '../../components/Modal'
import { Field } from '../../forms/Field'
import { Form, type Values } from '../../forms/Form'
import { LinesField } from '../../forms/LinesField'
import { BadLine, parts, valuesFor, type Part } from './correction'

interface CorrectProps {
  site: Site
  /** event is the id that was looked for, empty for none. */
  event: string
  /** done is told of the correction that was made. */
  done: (made: Correction) => void
  onClose: () => void
}

/** CorrectDialog replaces values of an event, those alone that were chosen. */
export function CorrectDialog({ site, event, done, onClose }: CorrectProps): ReactElement {
  const client = useQueryClient()
  const [once] = useState(() => onceKeys())
  const [chosen, setChosen] = useState<ReadonlySet<Part>>(new Set<Part>())
  const toggle = (part: Part) => setChosen((old) => new Set(old.has(part) ? [...old].filter((p) => p !== part) : [...old, part]))
  const send = async (v: Values) => {
    const id = (v['event_id'] ?? '').trim()
    const values = read(chosen, v)
    if (Object.keys(values).length === 0) throw new Error('Choose what is to be corrected, and what it is to be.')
    const body = JSON.stringify({ reason: (v['reason'] ?? '').trim(), ...values })
    return correct(site.publicKey, id, { body, once: once(id + body) })
  }
  const saved = async (made: Correction) => {
    await client.invalidateQueries({ queryKey: correctionsKey(site.publicKey) })
    done(made)
    onClose()
  }
  return (
    <Modal title="Correct an event" onClose={onClose}>
      <Form label="Correction" send={send} done={saved} submit="Correct" busy="Correcting…" home={{ not_found: 'event_id', conflict: 'event_id' }}>
        <p>The event stays; what you choose is replaced in it, in every report. What stood there before is kept beside it.</p>
        <Field name="event_id" label={`Event of ${site.name}`} defaultValue={event} autoComplete="off" autoCapitalize="none" spellCheck={false} maxLength={64} data-autofocus hint="Its id, as it was sent." missing="The event’s id is needed." />
        <fieldset className="parts">
          <legend>What to replace</legend>
          {parts.map((p) => (
            <label key={p.id} className="check">
              <input type="checkbox" checked={chosen.has(p.id)} onChange={() => toggle(p.id)} />
              <span>
                {p.label} <small>{p.note}</small>
              </span>
            </label>
          ))}
        </fieldset>
        {parts.filter((p) => chosen.has(p.id)).map((p) => <PartFields key={p.id} part={p.id} currency={site.currency} />)}
        <Field name="reason" label="Why" autoComplete="off" maxLength={500} hint="One line. It stays with the event, and is seen by owners and admins." missing="A correction has a reason." />
      </Form>
    </Modal>
  )
}

/** read is valuesFor, with what cannot be read said beside its field. */
function read(chosen: ReadonlySet<Part>, v: Values): Record<string, unknown> {
  try {
    return valuesFor(chosen, v)
  } catch (cause) {
    if (!(cause instanceof BadLine)) throw cause
    throw new ApiError(422, 'invalid_request', cause.message, { fields: [{ path: cause.field, message: cause.message }] })
  }
}

const plain = { autoComplete: 'off', spellCheck: false } as const

function PartFields({ part, currency }: { part: Part; currency: string }): ReactElement {
  switch (part) {
    case 'amount':
      return (
        <div className="form-pair">
          <Field name="amount" label="Amount" inputMode="decimal" {...plain} maxLength={40} required={false} hint="49.90; empty leaves it." />
          <Field name="currency" label="Currency" autoCapitalize="characters" {...plain} maxLength={3} required={false} hint={`${currency}; empty leaves it.`} />
        </div>
      )
    case 'order_id':
      return <Field name="order_id" label="Order id" {...plain} maxLength={500} required={false} hint="A refund has one." />
    case 'url':
      return <Field name="url" label="Address" inputMode="url" autoCapitalize="none" {...plain} maxLength={2000} hint="https://…, on a host of the site." missing="An address is needed." />
    case 'title':
      return <Field name="title" label="Title" {...plain} maxLength={500} required={false} hint="Empty takes it away." />
    case 'props':
      return <LinesField name="props" label="Properties" lines={[]} hint="One in a line: plan = pro. Empty takes all away." />
    case 'items':
      return <LinesField name="items" label="Items" lines={[]} hint="One in a line: 2; Mug; 9.90; A-1; Kitchen. Empty takes all away." />
  }
}
