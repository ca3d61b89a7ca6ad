import type { ReactElement } from 'react'
import { beginPasskeySignIn, passkeySignIn, type SignInStep } from '../../api/account'
import { ApiError } from '../../api/client'
import { askPasskey } from '../../api/passkeys'
import { Icon } from '../../components/icons'
import { sentence } from '../../forms/problems'
import { Status } from '../../forms/Status'
import { useSend } from '../../forms/useSend'

/** PasskeyButton signs in with a passkey, which needs neither address nor password. */
export function PasskeyButton({ done }: { done: (step: SignInStep) => unknown }): ReactElement {
  const entering = useSend(async () => {
    const step = await beginPasskeySignIn()
    return passkeySignIn(step.ceremony, await askPasskey(step))
  }, done)
  return (
    <div className="door-or">
      <button type="button" className="ctl" aria-busy={entering.pending} onClick={() => entering.run()}>
        <Icon name="key" />
        {entering.pending ? 'Waiting for your passkey…' : 'Sign in with a passkey'}
      </button>
      <Status key={entering.at} text={entering.error && sentence(entering.error)} waitMs={entering.error instanceof ApiError ? entering.error.retryAfterMs : null} />
    </div>
  )
}
