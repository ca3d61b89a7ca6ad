import type { ReactElement } from 'react'
import { ApiError } from '../api/client'
import { Icon } from './icons'

interface ProblemProps {
  error: Error
  retry: () => void
  retrying: boolean
  /** what could not be shown, the report unless said otherwise. */
  what?: string
}

/** Problem says in a panel's place what went wrong and offers to ask again. */
export function Problem({ error, retry, retrying, what = 'report' }: ProblemProps): ReactElement {
  return (
    <div className="problem" role="alert">
      <Icon name="alert" />
      <p>
        <b>{headline(error, what)}</b>
        <span>{error.message}</span>
      </p>
      <button type="button" className="ctl" onClick={retry} disabled={retrying}>
        {retrying ? 'Asking again…' : 'Try again'}
      </button>
    </div>
  )
}

function headline(error: Error, what: string): string {
  if (!(error instanceof ApiError)) return 'This could not be shown.'
  if (error.status === 0) return 'Noctra cannot be reached.'
  if (error.status === 403) return what === 'report' ? 'This site is not yours to see.' : 'This is not yours to see.'
  return error.temporary ? `The ${what} is not ready.` : `The ${what} was refused.`
}
