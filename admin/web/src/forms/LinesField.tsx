import { use, useId, type ReactElement } from 'react'
import { FormContext } from './Form'

interface LinesFieldProps {
  name: string
  label: string
  lines: readonly string[]
  hint: string
  required?: boolean
  missing?: string
}

/** linesOf reads what was typed, one thing in a line. */
export const linesOf = (typed: string | undefined): string[] =>
  (typed ?? '')
    .split('\n')
    .map((l) => l.trim())
    .filter(Boolean)

/** LinesField is a list that is typed, one thing in a line. */
export function LinesField({ name, label, lines, hint, required = false, missing }: LinesFieldProps): ReactElement {
  const { errors, clear } = use(FormContext)
  const id = useId()
  const error = errors[name]
  return (
    <div className="form-field">
      <label htmlFor={id}>{label}</label>
      <textarea
        id={id}
        name={name}
        className="field lines-field"
        rows={Math.min(8, Math.max(2, lines.length + 1))}
        defaultValue={lines.join('\n')}
        required={required}
        data-missing={missing}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        aria-invalid={error !== undefined}
        aria-describedby={`${id}-note`}
        onInput={() => error !== undefined && clear(name)}
      />
      <p id={`${id}-note`} className={error === undefined ? 'field-note' : 'field-note bad'} role={error === undefined ? undefined : 'alert'}>
        {error ?? hint}
      </p>
    </div>
  )
}
