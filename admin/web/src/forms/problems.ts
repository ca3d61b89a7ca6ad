// Where the parts of a refusal are shown: beside a field that the form has, or below the form.
import { ApiError } from '../api/client'

export interface Placed {
  /** fields are sentences by the name of the field. */
  fields: Record<string, string>
  /** rest is what belongs to no field of the form, null for nothing. */
  rest: string | null
}

/** place sorts an error; home names the field of errors that the service gives none. */
export function place(error: Error | null, names: readonly string[], home: Readonly<Record<string, string>> = {}): Placed {
  if (!error) return { fields: {}, rest: null }
  if (!(error instanceof ApiError)) return { fields: {}, rest: error.message }
  const placed: Record<string, string> = {}
  const left: string[] = []
  for (const { path, message } of error.fields) {
    const name = path.replace(/\[.*$/, '')
    if (!names.includes(name)) left.push(message)
    else placed[name] ??= message
  }
  const own = home[error.code]
  if (own && names.includes(own)) placed[own] ??= error.message
  if (Object.keys(placed).length > 0 && left.length === 0) return { fields: placed, rest: null }
  return { fields: placed, rest: left.length > 0 && error.code === 'invalid_request' ? left.join(' ') : sentence(error) }
}

/** sentence is what went wrong, in the words of the page where those of the service say less. */
export function sentence(error: Error): string {
  if (!(error instanceof ApiError)) return error.message
  if (error.status === 0) return 'Noctra cannot be reached. Check your connection and try again.'
  if (error.code === 'too_many_attempts') return 'Too many attempts.' // when to go on stands behind it
  return error.message
}

/** waitText writes how long there is to wait, rounded up: 40 seconds, 3 minutes. */
export function waitText(ms: number): string {
  const s = Math.max(1, Math.ceil(ms / 1000))
  if (s < 100) return s === 1 ? '1 second' : `${s} seconds`
  const min = Math.ceil(s / 60)
  return min < 100 ? `${min} minutes` : `${Math.ceil(min / 60)} hours`
}
