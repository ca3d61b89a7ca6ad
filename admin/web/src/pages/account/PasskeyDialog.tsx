import type { ReactElement } from 'react'
import { addPasskey, beginPasskey } from '../../api/account'
import { createPasskey } from '../../api/passkeys'
import { Modal } from '../../components/Modal'
import { deviceName } from '../../format/device'
import { Field } from '../../forms/Field'
import { Form, type Values } from '../../forms/Form'
import type { DialogProps } from './Dialogs'
import { Proof } from './Proof'

/** PasskeyDialog adds a passkey: a name, the password, then the browser's own dialog. */
export function PasskeyDialog({ account, changed, onClose }: DialogProps): ReactElement {
  const send = async (v: Values) => {
    const step = await beginPasskey(v['password'] ?? '')
    await addPasskey(step.ceremony, v['name'] ?? '', await createPasskey(step))
  }
  const done = async () => {
    await changed()
    onClose()
  }
  return (
    <Modal title="Add a passkey" onClose={onClose}>
      <Form label="Add a passkey" send={send} done={done} submit="Continue" busy="Waiting for your device…">
        <p>Your browser asks next where to keep it: on this device, in a password manager, or on a security key.</p>
        <Field name="name" label="Name" autoComplete="off" maxLength={100} defaultValue={deviceName(navigator.userAgent)} data-autofocus hint="So that you know it again in the list." missing="A name is needed." />
        <Proof account={account} />
      </Form>
    </Modal>
  )
}
