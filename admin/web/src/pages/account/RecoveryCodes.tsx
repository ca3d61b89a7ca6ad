import { useState, type ReactElement } from 'react'
import { CopyButton } from '../../components/CopyButton'
import { Icon } from '../../components/icons'
import { save } from '../../export/csv'

interface RecoveryCodesProps {
  codes: string[]
  email: string
  done: () => void
}

/** RecoveryCodes shows codes the one time that they can be shown, until it is said that they are kept. */
export function RecoveryCodes({ codes, email, done }: RecoveryCodesProps): ReactElement {
  const [kept, setKept] = useState(false)
  const text = () => `Noctra recovery codes of ${email}\nEach is good once, instead of the code from your app.\n\n${codes.join('\n')}\n`
  return (
    <div className="form">
      <p>Keep these codes where you find them without your phone: each opens your account once in place of the app’s code. They are not shown again.</p>
      <ul className="codes" aria-label="Recovery codes" tabIndex={0} data-autofocus>
        {codes.map((c) => (
          <li key={c}>
            <code>{c}</code>
          </li>
        ))}
      </ul>
      <div className="form-foot">
        <CopyButton className="ctl" icon text={text}>
          Copy
        </CopyButton>
        <button type="button" className="ctl" onClick={() => save('noctra-recovery-codes.txt', new Blob([text()], { type: 'text/plain;charset=utf-8' }))}>
          <Icon name="download" />
          Download
        </button>
      </div>
      <label className="check">
        <input type="checkbox" checked={kept} onChange={(e) => setKept(e.target.checked)} />I have kept them
      </label>
      <div className="form-foot">
        <button type="button" className="ctl primary" disabled={!kept} onClick={done}>
          Done
        </button>
      </div>
    </div>
  )
}
