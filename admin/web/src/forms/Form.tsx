// A form as all pages have it: fields report what is wrong beside themselves, the first of them gets
// the focus, and what belongs to none of them stands at the button. Room for it is kept, so that
// nothing moves.
import { createContext, useEffect, useLayoutEffect, useMemo, useRef, useState, type FormEvent, type ReactElement, type ReactNode } from 'react'
import { ApiError } from '../api/client'
import { place } from './problems'
import { Status } from './Status'
import { useUnsaved } from './unsaved'
import { useSend } from './useSend'
import { inputsOf, valuesOf, type Values } from './values'

export type { Values } from './values'

interface FormState {
  errors: Readonly<Record<string, string>>
  clear: (name: string) => void
}

export const FormContext = createContext<FormState>({ errors: {}, clear: () => undefined })

interface FormProps<T> {
  label: string
  send: (values: Values) => Promise<T>
  done: (result: T, values: Values) => unknown
  submit: string
  /** busy is what the button says meanwhile. */
  busy: string
  danger?: boolean
  /** home names the field beside which errors without a field are shown, by their code. */
  home?: Readonly<Record<string, string>>
  /** tried is another button, that does something else with what was typed. */
  tried?: { label: string; busy: string; run: (values: Values) => Promise<unknown> }
  /** typed is called when anything in the form changes. */
  typed?: () => void
  /** beside stands next to the buttons. */
  beside?: ReactNode
  /** guarded forms ask before what was typed is left behind. */
  guarded?: boolean
  /** changed is shown where somebody else has changed the same meanwhile. */
  changed?: ReactNode
  children: ReactNode
}

export function Form<T>({ label, send, done, submit, busy, danger = false, home, tried, typed, beside, guarded = false, changed, children }: FormProps<T>): ReactElement {
  const ref = useRef<HTMLFormElement>(null)
  const guard = useUnsaved(ref, guarded)
  const [errors, setErrors] = useState<Record<string, string>>({})
  const [rest, setRest] = useState<string | null>(null)
  const [shown, setShown] = useState(0)
  const sending = useSend(
    async (values: Values) => [await send(values), values] as const,
    ([result, values]) => {
      guard.saved()
      return done(result, values)
    },
  )
  const trying = useSend(async (values: Values) => tried?.run(values), () => undefined)
  const show = (fields: Record<string, string>, other: string | null) => {
    setErrors(fields)
    setRest(other)
    setShown((n) => n + 1)
  }
  // With the errors and not after them, so that who types on is not moved elsewhere.
  useLayoutEffect(() => ref.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus(), [shown])
  useEffect(() => {
    const { fields, rest: other } = place(sending.error, namesOf(ref.current), home)
    show(fields, other)
  }, [sending.at])
  useEffect(() => {
    const { fields, rest: other } = place(trying.error, namesOf(ref.current), home)
    show(fields, other)
  }, [trying.at])
  const withValues = (run: (values: Values) => void) => {
    const form = ref.current
    if (!form) return
    const missing = missingOf(form)
    if (Object.keys(missing).length > 0) return show(missing, null)
    run(valuesOf(form))
  }
  const onSubmit = (event: FormEvent) => {
    event.preventDefault()
    withValues(sending.run)
  }
  const onInput = () => {
    guard.look()
    typed?.()
  }
  const state = useMemo(() => ({ errors, clear: (name: string) => setErrors(({ [name]: _, ...others }) => others) }), [errors])
  return (
    <FormContext value={state}>
      <form ref={ref} className="form" aria-label={label} noValidate onSubmit={onSubmit} onInput={onInput}>
        {children}
        <div className="form-foot">
          <button type="submit" className={danger ? 'ctl danger' : 'ctl primary'} aria-busy={sending.pending}>
            {sending.pending ? busy : submit}
          </button>
          {tried && (
            <button type="button" className="ctl" aria-busy={trying.pending} onClick={() => withValues(trying.run)}>
              {trying.pending ? tried.busy : tried.label}
            </button>
          )}
          {beside}
        </div>
        <Status key={sending.at} text={rest} waitMs={sending.error instanceof ApiError ? sending.error.retryAfterMs : null} />
        {sending.error instanceof ApiError && sending.error.status === 412 && changed}
      </form>
    </FormContext>
  )
}

const namesOf = (form: HTMLFormElement | null) => inputsOf(form).map((i) => i.name)

function missingOf(form: HTMLFormElement): Record<string, string> {
  const empty = inputsOf(form).filter((i) => i.required && i.value.trim() === '')
  return Object.fromEntries(empty.map((i) => [i.name, i.dataset['missing'] ?? 'This is needed.']))
}
