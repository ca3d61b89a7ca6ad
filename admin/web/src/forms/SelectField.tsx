import { use, useId, type ReactElement } from 'react'
import { FormContext } from './Form'

export interface Option {
  value: string
  label: string
}

interface SelectFieldProps {
  name: string
  label: string
  options: readonly Option[]
  defaultValue?: string
  hint?: string
  missing?: string
  required?: boolean
  autoFocus?: boolean
}

/** SelectField chooses one of several; an option without value is none of them. */
export function SelectField({ name, label, options, defaultValue, hint, missing, required = true, autoFocus = false }: SelectFieldProps): ReactElement {
  const { errors, clear } = use(FormContext)
  const id = useId()
  const error = errors[name]
  return (
    <div className="form-field">
      <label htmlFor={id}>{label}</label>
      <select
        id={id}
        name={name}
        className="field"
        defaultValue={defaultValue}
        required={required}
        data-missing={missing}
        data-autofocus={autoFocus || undefined}
        aria-invalid={error !== undefined}
        aria-describedby={`${id}-note`}
        onChange={() => error !== undefined && clear(name)}
      >
        {options.map((o) => (
          <option key={o.value} value={o.value}>
            {o.label}
          </option>
        ))}
      </select>
      <p id={`${id}-note`} className={error === undefined ? 'field-note' : 'field-note bad'} role={error === undefined ? undefined : 'alert'}>
        {error ?? hint}
      </p>
    </div>
  )
}
