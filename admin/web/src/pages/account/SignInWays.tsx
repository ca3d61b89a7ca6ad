import type { ReactElement } from 'react'
import { dayText, ownZone } from '../../format/moment'
import type { Part } from './AccountPage'
import { Line } from '../../components/Section'

const FEW_CODES = 3

/** SignInWays are password, second step and recovery codes. */
export function SignInWays({ account, open }: Part): ReactElement {
  const { hasPassword, passwordChangedAt, totp, recoveryCodesLeft: left } = account
  return (
    <>
      <Line
        label="Password"
        action={
          <button type="button" className="ctl" onClick={() => open({ kind: 'password' })}>
            {hasPassword ? 'Change password' : 'Set a password'}
          </button>
        }
      >
        {!hasPassword && <span className="dim">None: you come in by links</span>}
        {hasPassword && (passwordChangedAt ? `Set on ${dayText(new Date(passwordChangedAt), ownZone())}` : 'Set')}
      </Line>
      <Line
        label="Two-step sign-in"
        action={
          <button type="button" className="ctl" onClick={() => open({ kind: totp ? 'totp-off' : 'totp-on' })}>
            {totp ? 'Turn off' : 'Turn on'}
          </button>
        }
      >
        {totp ? <span className="tag good">On</span> : <span className="tag">Off</span>}
        <small>{totp ? 'A code from your app follows the password.' : 'A code from an app on your phone, after the password.'}</small>
      </Line>
      {totp && (
        <Line
          label="Recovery codes"
          action={
            <button type="button" className="ctl" onClick={() => open({ kind: 'codes' })}>
              Make new ones
            </button>
          }
        >
          {left < FEW_CODES ? <span className="tag warn">{left} left</span> : `${left} left`}
          <small>For when your phone is gone. Each is good once.</small>
        </Line>
      )}
    </>
  )
}
