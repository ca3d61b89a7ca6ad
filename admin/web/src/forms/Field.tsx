// Fields with their label above, and one line below for a hint or what is wrong with them.
import { useState, type InputHTMLAttributes, type ReactElement, type ReactNode } from 'react'
import { Labelled } from './Labelled'

interface FieldProps extends Omit<InputHTMLAttributes<HTMLInputElement>, 'name' | 'children'> {
  name: string
  label: string
  hint?: string
  /** missing is what is said when the field is left empty. */
  missing?: string
  /** inside stands over the field's right end. */
  inside?: ReactNode
}

export function Field({ name, label, hint, missing, inside, ...input }: FieldProps): ReactElement {
  return (
    <Labelled name={name} label={label} hint={hint}>
      {(wired, touched) => (
        <span className="field-box">
          <input required {...input} {...wired} className={inside ? 'field with-inside' : 'field'} data-missing={missing} onInput={touched} />
          {inside}
        </span>
      )}
    </Labelled>
  )
}

interface PasswordFieldProps {
  name: 'password' | 'new_password'
  label: string
  /** fresh is a password that is being chosen; managers then offer one. */
  fresh?: boolean
  autoFocus?: boolean
}

const FRESH_HINT = 'At least 12 characters; a few words in a row do.'

export function PasswordField({ name, label, fresh = false, autoFocus = false }: PasswordFieldProps): ReactElement {
  const [shown, setShown] = useState(false)
  return (
    <Field
      name={name}
      label={label}
      type={shown ? 'text' : 'password'}
      autoComplete={fresh ? 'new-password' : 'current-password'}
      autoCapitalize="none"
      spellCheck={false}
      data-autofocus={autoFocus || undefined}
      autoFocus={autoFocus}
      hint={fresh ? FRESH_HINT : undefined}
      missing={fresh ? 'A password is needed.' : 'Your password is needed.'}
      inside={
        <button type="button" className="field-toggle" aria-pressed={shown} aria-label={`Show ${label.toLowerCase()}`} onClick={() => setShown(!shown)}>
          {shown ? 'Hide' : 'Show'}
        </button>
      }
    />
  )
}

/** CodeField takes the six digits of an authenticator app. */
export function CodeField({ autoFocus = false }: { autoFocus?: boolean }): ReactElement {
  return (
    <Field
      name="code"
      label="Code from your authenticator app"
      inputMode="numeric"
      autoComplete="one-time-code"
      maxLength={16}
      data-autofocus={autoFocus || undefined}
      autoFocus={autoFocus}
      hint="Six digits, new every 30 seconds."
      missing="The code from your app is needed."
    />
  )
}

export function RecoveryField({ autoFocus = false }: { autoFocus?: boolean }): ReactElement {
  return (
    <Field
      name="recovery_code"
      label="Recovery code"
      autoComplete="off"
      autoCapitalize="characters"
      spellCheck={false}
      maxLength={40}
      data-autofocus={autoFocus || undefined}
      autoFocus={autoFocus}
      hint="Looks like ABCD-EFGH-IJKL-MNOP-QRST-UVWX-YZ. Each is good once."
      missing="A recovery code is needed."
    />
  )
}

/** Username tells password managers whose password a form is about; people do not see it. */
export function Username({ email }: { email: string }): ReactElement {
  return <input type="text" className="sr-only" autoComplete="username" value={email} readOnly tabIndex={-1} aria-hidden="true" />
}
