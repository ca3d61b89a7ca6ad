import { use, useId, type ReactElement } from 'react'
import { FormContext } from './Form'

/** Wired is what an input of a form carries, so that its label and what is wrong belong to it. */
export interface Wired {
  id: string
  name: string
  'aria-invalid': boolean
  'aria-describedby': string
}

interface LabelledProps {
  name: string
  label: string
  hint: string | undefined
  /** children is the input; touched is called when its value changes. */
  children: (wired: Wired, touched: () => void) => ReactElement
}

/** Labelled is the frame of a field: its label above, and one line below for a hint or what is wrong with it. */
export function Labelled({ name, label, hint, children }: LabelledProps): ReactElement {
  const { errors, clear } = use(FormContext)
  const id = useId()
  const error = errors[name]
  return (
    <div className="form-field">
      <label htmlFor={id}>{label}</label>
      {children({ id, name, 'aria-invalid': error !== undefined, 'aria-describedby': `${id}-note` }, () => error !== undefined && clear(name))}
      <FieldNote id={`${id}-note`} error={error} hint={hint} />
    </div>
  )
}

/** FieldNote is the line below a field: what is wrong, or else a hint. */
export function FieldNote({ id, error, hint }: { id: string; error: string | undefined; hint: string | undefined }): ReactElement {
  return (
    <p id={id} className={error === undefined ? 'field-note' : 'field-note bad'} role={error === undefined ? undefined : 'alert'}>
      {error ?? hint}
    </p>
  )
}
