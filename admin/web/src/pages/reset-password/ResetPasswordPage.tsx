import { useState, type ReactElement } from 'react'
import { Link } from 'wouter'
import { resetPassword } from '../../api/account'
import { ApiError } from '../../api/client'
import { DeadLink, dead } from '../../app/DeadLink'
import { Door, Outcome } from '../../app/Door'
import { linkToken } from '../../app/linkToken'
import { paths } from '../../app/paths'
import { useEntered } from '../../app/useEntered'
import { PasswordField } from '../../forms/Field'
import { Form, type Values } from '../../forms/Form'

const next = (code: string) =>
  code === 'link_used'
    ? 'A new password was chosen with it, or a newer link was used. Sign in, or ask for another link.'
    : code === 'link_expired'
      ? 'Links to a new password are good for one hour. Ask for another.'
      : 'Perhaps it was not copied as a whole: open it from the mail itself, or ask for another.'

/** ResetPasswordPage is where the link to a new password leads. */
export function ResetPasswordPage(): ReactElement {
  const [token] = useState(() => linkToken(location.hash))
  const [state, setState] = useState(token === '' ? 'link_invalid' : '')
  const entered = useEntered()
  if (state === 'done') {
    return (
      <Door title="Your new password is set">
        <Outcome good>
          <p>You are signed out everywhere. Sign in with the new password.</p>
        </Outcome>
        <div className="door-actions">
          <Link className="ctl primary" href={paths.home}>
            Sign in
          </Link>
        </div>
      </Door>
    )
  }
  if (state) {
    const action = (
      <>
        <Link className="ctl primary" href={paths.forgotPassword}>Ask for another link</Link>
        <Link className="link" href={paths.home}>Sign in</Link>
      </>
    )
    return <DeadLink code={state} next={next} action={action} />
  }
  const send = async (v: Values) => {
    try {
      await resetPassword(token, v['password'] ?? '')
    } catch (cause) {
      if (cause instanceof ApiError && dead(cause)) setState(cause.code)
      throw cause
    }
  }
  const done = () => {
    setState('done')
    void entered() // a sign-in that this browser had is over
  }
  return (
    <Door title="Choose a new password" lead="All your sign-ins end with it, here and on other devices.">
      <Form label="Choose a new password" send={send} done={done} submit="Set password" busy="Setting…">
        <PasswordField name="password" label="New password" fresh autoFocus />
      </Form>
    </Door>
  )
}
