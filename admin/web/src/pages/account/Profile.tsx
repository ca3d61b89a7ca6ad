import type { ReactElement } from 'react'
import { keepEmail } from '../../api/account'
import { dayText, ownZone } from '../../format/moment'
import { useSend } from '../../forms/useSend'
import type { Part } from './AccountPage'
import { Line } from '../../components/Section'

export function Profile({ account, open, changed }: Part): ReactElement {
  const change = (kind: 'name' | 'email') => (
    <button type="button" className="ctl" onClick={() => open({ kind })} aria-label={`Change ${kind === 'name' ? 'name' : 'e-mail address'}`}>
      Change
    </button>
  )
  return (
    <>
      <Line label="Name" action={change('name')}>
        {account.name || <span className="dim">None yet</span>}
      </Line>
      <Line label="E-mail" action={change('email')} below={account.pendingEmail && <PendingEmail email={account.pendingEmail} changed={changed} />}>
        <span className="address">{account.email}</span>
      </Line>
      <Line label="Member since">{dayText(new Date(account.createdAt), ownZone())}</Line>
    </>
  )
}

function PendingEmail({ email, changed }: { email: string; changed: () => Promise<void> }): ReactElement {
  const taking = useSend(keepEmail, changed)
  return (
    <div className="notice">
      <p>
        Waiting for <b className="address">{email}</b> to be confirmed: open the link in the mail that was sent there, within a day. Until then your old address counts.
      </p>
      <button type="button" className="notice-action" aria-busy={taking.pending} onClick={() => taking.run()}>
        Take the change back
      </button>
      {taking.error && <p role="alert">{taking.error.message}</p>}
    </div>
  )
}
