import type { ReactElement } from 'react'
import { Labelled } from './Labelled'

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
  return (
    <Labelled name={name} label={label} hint={hint}>
      {(wired, touched) => (
        <select {...wired} className="field" defaultValue={defaultValue} required={required} data-missing={missing} data-autofocus={autoFocus || undefined} onChange={touched}>
          {options.map((o) => (
            <option key={o.value} value={o.value}>
              {o.label}
            </option>
          ))}
        </select>
      )}
    </Labelled>
  )
}
