import type { ReactElement, ReactNode } from 'react'
import type { ApiError } from '../api/client'
import { Door, Outcome } from './Door'

const titles: Record<string, string> = {
  link_used: 'This link was used already',
  link_expired: 'This link has expired',
}

/** dead tells whether a link cannot help any more, whatever is typed. */
export function dead(error: Error | null): error is ApiError {
  return error !== null && 'code' in error && ['link_used', 'link_expired', 'link_invalid'].includes(String(error.code))
}

interface DeadLinkProps {
  code: string
  /** next says what to do instead, by the error's code. */
  next: (code: string) => ReactNode
  action: ReactNode
}

/** DeadLink is the page of a mailed link that leads nowhere, with what to do about it. */
export function DeadLink({ code, next, action }: DeadLinkProps): ReactElement {
  return (
    <Door title={titles[code] ?? 'This link does not work'}>
      <Outcome>
        <p>{next(code)}</p>
      </Outcome>
      <div className="door-actions">{action}</div>
    </Door>
  )
}
