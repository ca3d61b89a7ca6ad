import type { ReactElement } from 'react'

const reasons: Record<string, string> = {
  expired: 'That sign-in link is too old.',
  used: 'That sign-in link has been used already.',
  invalid: 'That sign-in link is not known here.',
}

/** LinkHelp says where sign-in links are found: of the demo, of a first start, and from an operator. */
export function LinkHelp({ reason, retry }: { reason: string | null; retry: () => void }): ReactElement {
  const why = reasons[reason ?? '']
  return (
    <details className="link-help" open={why !== undefined}>
      <summary>Sign in with a link instead</summary>
      {why && (
        <p className="notice" role="alert">
          {why}
        </p>
      )}
      <p>
        The demo has no password: its link stands in the terminal where Noctra runs, at the end of what <code>noctra up</code> printed, and in{' '}
        <code>data/ready.json</code> under <code>sign_in_url</code>. Open it in this browser.
      </p>
      <pre className="terminal" tabIndex={0} aria-label="What the terminal shows">
        <span className="dim">Sign in </span> {location.origin}/sign-in?token=…
      </pre>
      <p>
        For any other account, whoever runs this Noctra gets one with <code>noctra admin sign-in-link</code>.
      </p>
      <button type="button" className="ctl" onClick={retry}>
        I have opened the link
      </button>
    </details>
  )
}
