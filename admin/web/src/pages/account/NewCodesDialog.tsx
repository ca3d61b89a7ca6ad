import { useState, type ReactElement } from 'react'
import { newRecoveryCodes } from '../../api/account'
import { Modal } from '../../components/Modal'
import { Form } from '../../forms/Form'
import type { DialogProps } from './Dialogs'
import { Proof } from './Proof'
import { RecoveryCodes } from './RecoveryCodes'

export function NewCodesDialog({ account, changed, onClose }: DialogProps): ReactElement {
  const [codes, setCodes] = useState<string[] | null>(null)
  const end = async () => {
    await changed()
    onClose()
  }
  return (
    <Modal title="New recovery codes" onClose={onClose} held={codes !== null}>
      {codes ? (
        <RecoveryCodes codes={codes} email={account.email} done={() => void end()} />
      ) : (
        <Form label="New recovery codes" send={(v) => newRecoveryCodes(v['password'] ?? '')} done={setCodes} submit="Make new codes" busy="Making…">
          <p>The old ones, {account.recoveryCodesLeft} of them still unused, are void as soon as there are new ones.</p>
          <Proof account={account} autoFocus />
        </Form>
      )}
    </Modal>
  )
}
