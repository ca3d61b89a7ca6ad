import { useState, type ReactElement } from 'react'
import type { Account, CodeProof } from '../../api/account'
import { CodeField, RecoveryField } from '../../forms/Field'
import type { Values } from '../../forms/Form'
import { Proof } from './Proof'

/** proofOf is whichever of the two codes the form has. */
export function proofOf(v: Values): CodeProof {
  const recovery = v['recovery_code']
  return recovery === undefined ? { code: (v['code'] ?? '').replace(/\s/g, '') } : { recovery_code: recovery }
}

/** TotpOffFields are the password, and the app's code or a recovery code. */
export function TotpOffFields({ account }: { account: Account }): ReactElement {
  const [recovery, setRecovery] = useState(false)
  return (
    <>
      <Proof account={account} autoFocus />
      {recovery ? <RecoveryField autoFocus /> : <CodeField autoFocus={!account.hasPassword} />}
      <button type="button" className="link" onClick={() => setRecovery(!recovery)}>
        {recovery ? 'Use the app’s code' : 'The app is gone? Use a recovery code'}
      </button>
    </>
  )
}
