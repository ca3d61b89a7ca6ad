import { use, useId, type ReactElement } from 'react'
import { FormContext } from './Form'
import { FieldNote } from './Labelled'

interface CheckFieldProps {
  name: string
  label: string
  hint?: string
  checked?: boolean
}

/** CheckField is yes or no; its value is there where it is yes. */
export function CheckField({ name, label, hint, checked = false }: CheckFieldProps): ReactElement {
  const { errors, clear } = use(FormContext)
  const id = useId()
  const error = errors[name]
  return (
    <div className="form-field">
      <span className="check-line">
        <input id={id} type="checkbox" name={name} value="yes" defaultChecked={checked} aria-invalid={error !== undefined} aria-describedby={`${id}-note`} onChange={() => error !== undefined && clear(name)} />
        <label htmlFor={id}>{label}</label>
      </span>
      <FieldNote id={`${id}-note`} error={error} hint={hint} />
    </div>
  )
}
