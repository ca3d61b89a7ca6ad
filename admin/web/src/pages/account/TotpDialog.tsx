import { useState, type ReactElement } from 'react'
import { beginTotp, confirmTotp, type Seed } from '../../api/account'
import { CopyButton } from '../../components/CopyButton'
import { Modal } from '../../components/Modal'
import { CodeField } from '../../forms/Field'
import { Form } from '../../forms/Form'
import { RecoveryCodes } from './RecoveryCodes'
import type { DialogProps } from './Dialogs'
import { Proof } from './Proof'
import { QrCode } from './QrCode'

/** TotpDialog turns two-step sign-in on: password, secret into the app, first code, recovery codes. */
export function TotpDialog({ account, changed, onClose }: DialogProps): ReactElement {
  const [seed, setSeed] = useState<Seed | null>(null)
  const [codes, setCodes] = useState<string[] | null>(null)
  const title = codes ? 'Two-step sign-in is on' : 'Turn two-step sign-in on'
  const end = async () => {
    await changed()
    onClose()
  }
  return (
    <Modal title={title} onClose={onClose} held={codes !== null}>
      <div className="staged">
        {!seed && (
          <Form label={title} send={(v) => beginTotp(v['password'] ?? '')} done={setSeed} submit="Continue" busy="A moment…">
            <p>You need an authenticator app on your phone, such as the one in your password manager.</p>
            <Proof account={account} autoFocus />
          </Form>
        )}
        {seed && !codes && (
          <Form label={title} send={(v) => confirmTotp((v['code'] ?? '').replace(/\s/g, ''))} done={setCodes} submit="Turn on" busy="Checking…" home={{ wrong_code: 'code' }}>
            <p>Scan this with your app, or type the secret into it. Then enter the code that it shows.</p>
            <div className="seed">
              <QrCode text={seed.uri} />
              <div>
                <h3>Secret</h3>
                <code className="secret">{grouped(seed.secret)}</code>
                <CopyButton className="link" text={() => seed.secret}>
                  Copy secret
                </CopyButton>
              </div>
            </div>
            <CodeField autoFocus />
          </Form>
        )}
        {codes && <RecoveryCodes codes={codes} email={account.email} done={() => void end()} />}
      </div>
    </Modal>
  )
}

/** grouped is easier to type: four letters at a time. */
function grouped(secret: string): string {
  return secret.replace(/(.{4})(?=.)/g, '$1 ')
}
