import { useState, type ReactElement } from 'react'
import { secondFactor, type SignInStep } from '../../api/account'
import { ApiError } from '../../api/client'
import { Door, Outcome } from '../../app/Door'
import { CodeField, RecoveryField } from '../../forms/Field'
import { Form, type Values } from '../../forms/Form'

interface SecondStepProps {
  ceremony: string
  done: (step: SignInStep) => unknown
  restart: () => void
}

/** SecondStep asks for the app's code, or a recovery code where the app is gone. */
export function SecondStep({ ceremony, done, restart }: SecondStepProps): ReactElement {
  const [recovery, setRecovery] = useState(false)
  const [over, setOver] = useState(false)
  const send = async (v: Values) => {
    try {
      return await secondFactor(ceremony, recovery ? { recovery_code: v['recovery_code'] ?? '' } : { code: (v['code'] ?? '').replace(/\s/g, '') })
    } catch (cause) {
      if (cause instanceof ApiError && cause.code === 'ceremony_over') setOver(true)
      throw cause
    }
  }
  if (over) {
    return (
      <Door title="This took too long">
        <Outcome>
          <p>A sign-in has ten minutes for its second step. Begin again.</p>
        </Outcome>
        <div className="door-actions">
          <button type="button" className="ctl primary" onClick={restart}>
            Back to sign-in
          </button>
        </div>
      </Door>
    )
  }
  const other = (
    <button type="button" className="link" onClick={() => setRecovery(!recovery)}>
      {recovery ? 'Use the app’s code' : 'Use a recovery code'}
    </button>
  )
  return (
    <Door
      title="Second step"
      lead={recovery ? 'Use one of the codes that you kept when you turned two-step sign-in on.' : 'Your password was right. Now the code that your app shows for Noctra.'}
      foot={
        <button type="button" className="link" onClick={restart}>
          Sign in as somebody else
        </button>
      }
    >
      <Form key={String(recovery)} label="Second step" send={send} done={done} submit="Sign in" busy="Signing in…" beside={other} home={{ wrong_code: recovery ? 'recovery_code' : 'code' }}>
        {recovery ? <RecoveryField autoFocus /> : <CodeField autoFocus />}
      </Form>
    </Door>
  )
}
