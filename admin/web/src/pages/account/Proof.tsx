import type { ReactElement } from 'react'
import { useSessions, type Account } from '../../api/account'
import { PasswordField, Username } from '../../forms/Field'

/** FRESH_MS is how long after signing in some changes ask nothing more; a minute less than the service allows. */
const FRESH_MS = 14 * 60_000

/** Proof asks for the password before something that changes how one signs in, where there is one. */
export function Proof({ account, autoFocus = false }: { account: Account; autoFocus?: boolean }): ReactElement {
  if (!account.hasPassword) {
    return <p className="hint">Your account has no password yet, so this works within 15 minutes of signing in.</p>
  }
  return (
    <>
      <Username email={account.email} />
      <PasswordField name="password" label="Your password" autoFocus={autoFocus} />
    </>
  )
}

/** ProofUnlessFresh is Proof, and nothing soon after signing in. */
export function ProofUnlessFresh({ account }: { account: Account }): ReactElement | null {
  const current = useSessions().data?.find((s) => s.current)
  const fresh = current !== undefined && Date.now() - new Date(current.createdAt).getTime() < FRESH_MS
  return fresh ? null : <Proof account={account} autoFocus />
}
