import type { ReactElement } from 'react'
import type { Account } from '../../api/account'
import { PasswordField, Username } from '../../forms/Field'

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
