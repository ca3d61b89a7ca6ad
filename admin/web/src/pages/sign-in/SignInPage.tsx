import { useState, type ReactElement } from 'react'
import { Link, useLocation, useSearch } from 'wouter'
import { signIn, type SignInStep } from '../../api/account'
import { passkeysWork } from '../../api/passkeys'
import { Door } from '../../app/Door'
import { paths } from '../../app/paths'
import { useEntered } from '../../app/useEntered'
import { Field, PasswordField } from '../../forms/Field'
import { Form, type Values } from '../../forms/Form'
import { LinkHelp } from './LinkHelp'
import { PasskeyButton } from './PasskeyButton'
import { SecondStep } from './SecondStep'

const wrongAt = { wrong_credentials: 'password' }

/**
 * SignInPage stands at every address that needs somebody who is signed in, and gives way to what is
 * there. It looks again when the window is returned to: a link may have been opened in another tab.
 */
export function SignInPage({ retry }: { retry: () => void }): ReactElement {
  const reason = new URLSearchParams(useSearch()).get('sign_in')
  const [ceremony, setCeremony] = useState<string | null>(null)
  const [path, navigate] = useLocation()
  const entered = useEntered()
  const went = async (step: SignInStep) => {
    if (step.ceremony) return setCeremony(step.ceremony)
    if (reason) navigate(path, { replace: true })
    await entered()
  }
  if (ceremony) return <SecondStep ceremony={ceremony} done={went} restart={() => setCeremony(null)} />
  const send = (v: Values) => signIn((v['email'] ?? '').trim(), v['password'] ?? '')
  return (
    <Door title="Sign in" foot={<>New here? <Link href={paths.signUp}>Create an account</Link></>}>
      <Form
        label="Sign in"
        send={send}
        done={went}
        submit="Sign in"
        busy="Signing in…"
        home={wrongAt}
        beside={<Link className="link" href={paths.forgotPassword}>Forgot your password?</Link>}
      >
        <Field name="email" label="E-mail" type="email" autoComplete="username" inputMode="email" autoCapitalize="none" spellCheck={false} maxLength={254} autoFocus missing="Your e-mail address is needed." />
        <PasswordField name="password" label="Password" />
      </Form>
      {passkeysWork() && <PasskeyButton done={went} />}
      <LinkHelp reason={reason} retry={retry} />
    </Door>
  )
}
