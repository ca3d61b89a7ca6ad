import { use, useId, type ReactElement } from 'react'
import { FormContext } from './Form'
import { FieldNote } from './Labelled'

export interface Choice {
  value: string
  label: string
  /** note is one sentence on what the choice means. */
  note: string
}

interface ChoiceFieldProps {
  name: string
  label: string
  options: readonly Choice[]
  defaultValue: string
  hint?: string
  autoFocus?: boolean
}

/** ChoiceField chooses one of a few that need a sentence each. */
export function ChoiceField({ name, label, options, defaultValue, hint, autoFocus = false }: ChoiceFieldProps): ReactElement {
  const { errors, clear } = use(FormContext)
  const id = useId()
  const error = errors[name]
  return (
    <fieldset className="form-field choices" aria-describedby={`${id}-note`}>
      <legend>{label}</legend>
      {options.map((o) => (
        <label key={o.value} className="choice">
          <input
            type="radio"
            name={name}
            value={o.value}
            defaultChecked={o.value === defaultValue}
            data-autofocus={(autoFocus && o.value === defaultValue) || undefined}
            aria-invalid={error !== undefined}
            onChange={() => error !== undefined && clear(name)}
          />
          <span>
            <b>{o.label}</b>
            <small>{o.note}</small>
          </span>
        </label>
      ))}
      <FieldNote id={`${id}-note`} error={error} hint={hint} />
    </fieldset>
  )
}
