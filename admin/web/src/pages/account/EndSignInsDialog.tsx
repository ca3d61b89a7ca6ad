import type { ReactElement } from 'react'
import { endOtherSessions, endSession, type Account, type Session } from '../../api/account'
import { Modal } from '../../components/Modal'
import { deviceName } from '../../format/device'
import { Form } from '../../forms/Form'
import { Proof } from './Proof'

/** FRESH_MS is how long after signing in nothing more is asked; a minute less than the service allows. */
const FRESH_MS = 14 * 60_000

interface Props {
  account: Account
  /** session is what ends; null for all but the current one. */
  session: Session | null
  current: Session | undefined
  done: () => Promise<void>
  onClose: () => void
}

/** EndSignInsDialog ends one sign-in or all others, for the password, or soon after signing in. */
export function EndSignInsDialog({ account, session, current, done, onClose }: Props): ReactElement {
  const title = session ? 'End sign-in' : 'End all other sign-ins'
  const fresh = current !== undefined && Date.now() - new Date(current.createdAt).getTime() < FRESH_MS
  const end = async (password: string) => {
    if (session) await endSession(session.id, password)
    else await endOtherSessions(password)
  }
  const ended = async () => {
    await done()
    onClose()
  }
  return (
    <Modal title={title} onClose={onClose}>
      <Form label={title} send={(v) => end(v['password'] ?? '')} done={ended} submit="End" busy="Ending…" danger>
        {session ? (
          <p>
            <b>{deviceName(session.userAgent)}</b> is signed out at once.
          </p>
        ) : (
          <p>Everything but this browser is signed out at once.</p>
        )}
        {!fresh && <Proof account={account} autoFocus />}
      </Form>
    </Modal>
  )
}
