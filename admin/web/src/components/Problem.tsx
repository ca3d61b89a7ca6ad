import type { ReactElement } from 'react'
import { ApiError } from '../api/client'
import { Icon } from './icons'

interface ProblemProps {
  error: Error
  retry: () => void
  retrying: boolean
}

/** Problem says in a panel's place what went wrong and offers to ask again. */
export function Problem({ error, retry, retrying }: ProblemProps): ReactElement {
  return (
    <div className="problem" role="alert">
      <Icon name="alert" />
      <p>
        <b>{headline(error)}</b>
        <span>{error.message}</span>
      </p>
      <button type="button" className="ctl" onClick={retry} disabled={retrying}>
        {retrying ? 'Asking again…' : 'Try again'}
      </button>
    </div>
  )
}

function headline(error: Error): string {
  if (!(error instanceof ApiError)) return 'This could not be shown.'
  if (error.status === 0) return 'Noctra cannot be reached.'
  if (error.status === 403) return 'This site is not yours to see.'
  return error.temporary ? 'The report is not ready.' : 'The report was refused.'
}
