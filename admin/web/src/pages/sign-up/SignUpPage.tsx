import { useState, type ReactElement } from 'react'
import { Link } from 'wouter'
import { signUp } from '../../api/account'
import { Door } from '../../app/Door'
import { paths } from '../../app/paths'
import { Field, PasswordField } from '../../forms/Field'
import { Form } from '../../forms/Form'
import { useSend } from '../../forms/useSend'
import { ApiError } from '../../api/client'
import { sentence } from '../../forms/problems'
import { Status } from '../../forms/Status'

interface Person {
  name: string
  email: string
  password: string
}

/** SignUpPage begins an account; the rest is in the mail. */
export function SignUpPage(): ReactElement {
  const [sent, setSent] = useState<Person | null>(null)
  if (sent) return <LookIntoMail person={sent} again={() => setSent(null)} />
  const send = async (v: Readonly<Record<string, string>>) => {
    const person = { name: v['name'] ?? '', email: (v['email'] ?? '').trim(), password: v['password'] ?? '' }
    await signUp(person)
    return person
  }
  return (
    <Door title="Create your account" lead="One for you; sites and colleagues come later." foot={<>You have one? <Link href={paths.home}>Sign in</Link></>}>
      <Form label="Sign up" send={send} done={setSent} submit="Create account" busy="Creating…">
        <Field name="name" label="Name" autoComplete="name" maxLength={100} autoFocus missing="Your name is needed." />
        <Field name="email" label="E-mail" type="email" autoComplete="username" inputMode="email" autoCapitalize="none" spellCheck={false} maxLength={254} hint="You confirm it by a mail that is sent there." missing="Your e-mail address is needed." />
        <PasswordField name="password" label="Password" fresh />
        <p className="hint">
          Kept of you: name, address, a hash of the password, and sign-ins. <a className="row-more" href="/privacy/data">What is kept, and for how long</a>
        </p>
      </Form>
    </Door>
  )
}

function LookIntoMail({ person, again }: { person: Person; again: () => void }): ReactElement {
  const resend = useSend(
    () => signUp(person),
    () => undefined,
  )
  const sent = resend.at > 0 && !resend.pending && resend.error === null
  return (
    <Door title="Look into your mail" foot={<>Confirmed already? <Link href={paths.home}>Sign in</Link></>}>
      <div className="steps" role="status">
        <p>
          A mail is on its way to <b className="address">{person.email}</b>. Open its link and enter your password once more; then your account is ready.
        </p>
        <p className="dim">The link is good for two days. Nothing there after some minutes? Look among the junk, or check the address above.</p>
      </div>
      <div className="door-actions">
        <button type="button" className="ctl" aria-busy={resend.pending} onClick={() => resend.run()}>
          {resend.pending ? 'Sending…' : sent ? 'Sent again' : 'Send it again'}
        </button>
        <button type="button" className="link" onClick={again}>
          Use another address
        </button>
      </div>
      <Status key={resend.at} text={resend.error && sentence(resend.error)} waitMs={resend.error instanceof ApiError ? resend.error.retryAfterMs : null} />
    </Door>
  )
}
