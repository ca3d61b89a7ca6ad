import type { ReactElement } from 'react'
import { endOtherSessions, endSession, type Account, type Session } from '../../api/account'
import { Modal } from '../../components/Modal'
import { deviceName } from '../../format/device'
import { Form } from '../../forms/Form'
import { ProofUnlessFresh } from './Proof'

interface Props {
  account: Account
  /** session is what ends; null for all but the current one. */
  session: Session | null
  done: () => Promise<void>
  onClose: () => void
}

/** EndSignInsDialog ends one sign-in or all others, for the password, or soon after signing in. */
export function EndSignInsDialog({ account, session, done, onClose }: Props): ReactElement {
  const title = session ? 'End sign-in' : 'End all other sign-ins'
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
        <ProofUnlessFresh account={account} />
      </Form>
    </Modal>
  )
}
