import { useQueryClient } from '@tanstack/react-query'
import { useState, type ReactElement, type ReactNode } from 'react'
import { Link, useLocation } from 'wouter'
import { signOut } from '../../api/client'
import { acceptInvitation, joinByInvitation, useOffer, type Offer } from '../../api/invitations'
import type { OwnWorkspace } from '../../api/workspaces'
import { DeadLink, dead } from '../../app/DeadLink'
import { Door } from '../../app/Door'
import { linkToken } from '../../app/linkToken'
import { LAST_WORKSPACE, paths } from '../../app/paths'
import { writeChoice } from '../../app/storage'
import { useEntered } from '../../app/useEntered'
import { Problem } from '../../components/Problem'
import { Field, PasswordField } from '../../forms/Field'
import { Form } from '../../forms/Form'
import { useSend } from '../../forms/useSend'

const next = (code: string) =>
  code === 'link_used'
    ? 'The invitation was accepted with it. Sign in, and the workspace is there.'
    : code === 'link_expired'
      ? 'Invitations are good for a week. Ask whoever invited you to send it again.'
      : 'Perhaps it was not copied as a whole, or the invitation was taken back: open it from the newest mail, or ask whoever invited you.'

interface InvitationPageProps {
  /** own is the address of whoever is signed in, empty for nobody. */
  own: string
  /** signIn is what signs in, and gives way to this page. */
  signIn: ReactElement
}

/** InvitationPage is where an invitation's link leads: what it is about, and how to accept it. */
export function InvitationPage({ own, signIn }: InvitationPageProps): ReactElement {
  const [token] = useState(() => linkToken(location.hash))
  const [signingIn, setSigningIn] = useState(false)
  const offer = useOffer(token)
  const code = token === '' ? 'link_invalid' : dead(offer.error) ? offer.error.code : ''
  if (code) return <DeadLink code={code} next={next} action={<Link className="ctl primary" href={paths.home}>Open Noctra</Link>} />
  if (offer.isError) {
    return (
      <Door title="Your invitation">
        <Problem error={offer.error} retry={() => void offer.refetch()} retrying={offer.isFetching} />
      </Door>
    )
  }
  if (offer.isPending) return <div className="starting" aria-busy="true" aria-label="Loading" />
  if (!own && signingIn) return signIn
  return (
    <Door title={`Join ${offer.data.workspace}`} lead={`You are invited as ${offer.data.role.replaceAll('_', ' ')}.${offer.data.secondFactor ? ' This workspace demands a second factor: after joining, turn two-step sign-in on in your account.' : ''}`}>
      {!own ? <ForNobody email={offer.data.email} token={token} signIn={() => setSigningIn(true)} /> : own.toLowerCase() === offer.data.email.toLowerCase() ? <Join token={token} /> : <ForAnother offer={offer.data} own={own} />}
    </Door>
  )
}

function Join({ token }: { token: string }): ReactElement {
  const client = useQueryClient()
  const [, navigate] = useLocation()
  const done = async (joined: OwnWorkspace) => {
    writeChoice(LAST_WORKSPACE, joined.id)
    await client.refetchQueries({ queryKey: ['me'] })
    navigate(paths.home, { replace: true })
  }
  return (
    <Form label="Join the workspace" send={() => acceptInvitation(token)} done={done} submit="Join" busy="Joining…">
      {null}
    </Form>
  )
}

function Address({ children }: { children: ReactNode }): ReactElement {
  return <b className="address">{children}</b>
}

function ForNobody({ email, token, signIn }: { email: string; token: string; signIn: () => void }): ReactElement {
  const entered = useEntered()
  const [, navigate] = useLocation()
  const done = async () => {
    await entered()
    navigate(paths.home, { replace: true })
  }
  return (
    <>
      <p className="door-lead">
        It is for <Address>{email}</Address>. That you opened its link proves the address, so a name and a password are all that your account needs.
      </p>
      <Form label="Create your account" send={(v) => joinByInvitation(token, v['name'] ?? '', v['password'] ?? '')} done={done} submit="Create account and join" busy="Joining…">
        <Field name="name" label="Name" autoComplete="name" maxLength={100} autoFocus missing="Your name is needed." />
        <PasswordField name="password" label="Password" fresh />
      </Form>
      <p className="door-lead">
        You have an account with this address?{' '}
        <button type="button" className="link" onClick={signIn}>
          Sign in
        </button>
      </p>
    </>
  )
}

function ForAnother({ offer, own }: { offer: Offer; own: string }): ReactElement {
  const client = useQueryClient()
  const leaving = useSend(signOut, () => client.refetchQueries({ queryKey: ['me'] }))
  return (
    <>
      <p className="door-lead">
        It is for <Address>{offer.email}</Address>, and you are signed in as <Address>{own}</Address>.
      </p>
      <div className="door-actions">
        <button type="button" className="ctl primary" aria-busy={leaving.pending} onClick={() => leaving.run()}>
          Sign out
        </button>
        <Link className="link" href={paths.home}>
          Leave it
        </Link>
      </div>
      {leaving.error && (
        <p className="form-status bad" role="alert">
          {leaving.error.message}
        </p>
      )}
    </>
  )
}
