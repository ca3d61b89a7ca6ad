import type { ReactElement } from 'react'
import { Labelled } from './Labelled'

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
  return (
    <Labelled name={name} label={label} hint={hint}>
      {(wired, touched) => (
        <textarea
          {...wired}
          className="field lines-field"
          rows={Math.min(8, Math.max(2, lines.length + 1))}
          defaultValue={lines.join('\n')}
          required={required}
          data-missing={missing}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          onInput={touched}
        />
      )}
    </Labelled>
  )
}
