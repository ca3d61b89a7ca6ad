import { useState, type ReactElement } from 'react'
import { Link, useLocation } from 'wouter'
import { verifyEmail } from '../../api/account'
import { ApiError } from '../../api/client'
import { DeadLink, dead } from '../../app/DeadLink'
import { Door } from '../../app/Door'
import { linkToken } from '../../app/linkToken'
import { paths } from '../../app/paths'
import { useEntered } from '../../app/useEntered'
import { PasswordField } from '../../forms/Field'
import { Form, type Values } from '../../forms/Form'

const next = (code: string) =>
  code === 'link_used'
    ? 'Your address is confirmed, so sign in with your password.'
    : code === 'link_expired'
      ? 'Links to confirm an address are good for two days. Sign up again and a new one is sent.'
      : 'Perhaps it was not copied as a whole: open it from the mail itself. If you have signed up more than once, the link in the newest mail is the one that works.'

/** VerifyEmailPage is where the link of a sign-up leads: the password once more, and one is in. */
export function VerifyEmailPage(): ReactElement {
  const [token] = useState(() => linkToken(location.hash))
  const [over, setOver] = useState(token === '' ? 'link_invalid' : '')
  const [, navigate] = useLocation()
  const entered = useEntered()
  if (over) {
    const action =
      over === 'link_used' ? <Link className="ctl primary" href={paths.home}>Sign in</Link> : <Link className="ctl primary" href={paths.signUp}>Sign up again</Link>
    return <DeadLink code={over} next={next} action={action} />
  }
  const send = async (v: Values) => {
    try {
      await verifyEmail(token, v['password'] ?? '')
    } catch (cause) {
      if (cause instanceof ApiError && dead(cause)) setOver(cause.code)
      throw cause
    }
  }
  const done = async () => {
    await entered()
    navigate(paths.home, { replace: true })
  }
  return (
    <Door title="Confirm your address" lead="Enter the password with which you signed up. So nobody but you can confirm it.">
      <Form label="Confirm your address" send={send} done={done} submit="Confirm and sign in" busy="Confirming…">
        <PasswordField name="password" label="Password" autoFocus />
      </Form>
    </Door>
  )
}
