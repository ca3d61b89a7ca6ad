import { useEffect, type ReactElement } from 'react'
import { useSearch } from 'wouter'
import { Message } from '../../app/Shell'

const reasons: Record<string, string> = {
  expired: 'That sign-in link is too old.',
  used: 'That sign-in link has been used already.',
  invalid: 'That sign-in link is not known here.',
}

/** SignInPage says where the sign-in link is found; it looks again when the window is returned to. */
export function SignInPage({ retry }: { retry: () => void }): ReactElement {
  const reason = reasons[new URLSearchParams(useSearch()).get('sign_in') ?? '']
  useEffect(() => {
    document.title = 'Sign in · Noctra'
  }, [])
  return (
    <Message title="Sign in with your link">
      {reason && (
        <p className="notice" role="alert">
          {reason}
        </p>
      )}
      <p>
        Noctra has no passwords. Your sign-in link stands in the terminal where Noctra runs, at the end of what{' '}
        <code>noctra up</code> printed. Open it in this browser.
      </p>
      <pre className="terminal" tabIndex={0} aria-label="What the terminal shows">
        <span className="dim">Sign in </span> {location.origin}/sign-in?token=…
      </pre>
      <p className="dim">
        The terminal is gone? The demo's link also stands in <code>data/ready.json</code>, under <code>sign_in_url</code>.
      </p>
      <button type="button" className="ctl" onClick={retry}>
        I have opened the link
      </button>
    </Message>
  )
}
