import { useState, type ReactElement } from 'react'
import { Link } from 'wouter'
import { forgotPassword } from '../../api/account'
import { Door } from '../../app/Door'
import { paths } from '../../app/paths'
import { Field } from '../../forms/Field'
import { Form, type Values } from '../../forms/Form'

/** ForgotPasswordPage asks for mail with a link to a new password. It says the same for every address. */
export function ForgotPasswordPage(): ReactElement {
  const [sentTo, setSentTo] = useState('')
  const back = <Link href={paths.home}>Back to sign-in</Link>
  if (sentTo) {
    return (
      <Door title="Look into your mail" foot={back}>
        <div className="steps" role="status">
          <p>
            If <b className="address">{sentTo}</b> has an account, a link to choose a new password is on its way there. It is good for one hour.
          </p>
          <p className="dim">Nothing there after some minutes? Look among the junk, or check the address above.</p>
        </div>
        <div className="door-actions">
          <button type="button" className="ctl" onClick={() => setSentTo('')}>
            Use another address
          </button>
        </div>
      </Door>
    )
  }
  const send = async (v: Values) => {
    const email = (v['email'] ?? '').trim()
    await forgotPassword(email)
    return email
  }
  return (
    <Door title="Forgot your password?" lead="Tell us your address, and we send you a link to choose a new one." foot={back}>
      <Form label="Ask for a new password" send={send} done={setSentTo} submit="Send the link" busy="Sending…">
        <Field name="email" label="E-mail" type="email" autoComplete="username" inputMode="email" autoCapitalize="none" spellCheck={false} maxLength={254} autoFocus missing="Your e-mail address is needed." />
      </Form>
    </Door>
  )
}
