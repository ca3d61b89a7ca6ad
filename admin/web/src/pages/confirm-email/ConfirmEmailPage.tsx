import { useQueryClient } from '@tanstack/react-query'
import { useState, type ReactElement } from 'react'
import { Link } from 'wouter'
import { accountKey, confirmEmail } from '../../api/account'
import { ApiError } from '../../api/client'
import { DeadLink, dead } from '../../app/DeadLink'
import { Door, Outcome } from '../../app/Door'
import { linkToken } from '../../app/linkToken'
import { paths } from '../../app/paths'
import { Form } from '../../forms/Form'

const next = (code: string) =>
  code === 'link_used'
    ? 'The address was confirmed with it, or the change was taken back. Your account page shows which address counts.'
    : code === 'link_expired'
      ? 'Links to confirm a new address are good for a day. Begin the change again on your account page.'
      : 'Perhaps it was not copied as a whole, or it belongs to another account: open it from the mail itself, signed in to the account that asked for it.'

/** ConfirmEmailPage is where the link of a change of address leads, for whoever is signed in. */
export function ConfirmEmailPage(): ReactElement {
  const [token] = useState(() => linkToken(location.hash))
  const [state, setState] = useState(token === '' ? 'link_invalid' : '')
  const client = useQueryClient()
  const toAccount = <Link className="ctl primary" href={paths.account}>Open your account</Link>
  if (state === 'done') {
    return (
      <Door title="Your new address is confirmed">
        <Outcome good>
          <p>Sign in with it from now on. Both addresses were told.</p>
        </Outcome>
        <div className="door-actions">{toAccount}</div>
      </Door>
    )
  }
  if (state) return <DeadLink code={state} next={next} action={toAccount} />
  const send = async () => {
    try {
      await confirmEmail(token)
    } catch (cause) {
      if (cause instanceof ApiError && dead(cause)) setState(cause.code)
      throw cause
    }
  }
  const done = async () => {
    setState('done')
    await Promise.all([client.invalidateQueries({ queryKey: accountKey }), client.invalidateQueries({ queryKey: ['me'] })])
  }
  return (
    <Door title="Confirm your new address" lead="From then on you sign in with it, and mail goes there.">
      <Form label="Confirm your new address" send={send} done={done} submit="Confirm new address" busy="Confirming…">
        {null}
      </Form>
    </Door>
  )
}
