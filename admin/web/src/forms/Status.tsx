import { useEffect, useMemo, useState, type ReactElement } from 'react'
import { waitText } from './problems'

interface StatusProps {
  text: string | null
  /** waitMs is how long the service asked to wait, if it did. */
  waitMs: number | null
}

/** Status is the line below a form: what went wrong, and when to try again. It is read out once. */
export function Status({ text, waitMs }: StatusProps): ReactElement {
  const left = useCountdown(text === null ? null : waitMs)
  if (text === null) return <p className="form-status" />
  if (waitMs === null) {
    return (
      <p className="form-status bad" role="alert">
        {text}
      </p>
    )
  }
  return (
    <p className="form-status bad">
      <span className="sr-only" role="alert">
        {text} Try again in {waitText(waitMs)}.
      </span>
      <span aria-hidden="true">
        {text} {left > 0 ? `Try again in ${waitText(left)}.` : 'You can try again now.'}
      </span>
    </p>
  )
}

function useCountdown(waitMs: number | null): number {
  const end = useMemo(() => (waitMs === null ? 0 : Date.now() + waitMs), [waitMs])
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    if (end === 0) return
    const timer = setInterval(() => {
      setNow(Date.now())
      if (Date.now() >= end) clearInterval(timer)
    }, 500)
    return () => clearInterval(timer)
  }, [end])
  return Math.min(waitMs ?? 0, Math.max(0, end - now))
}
