// The dialogs of the account page, one open at a time.
import type { ReactElement } from 'react'
import { changeEmail, changePassword, deleteAccount, removePasskey, removeTotp, rename, type Account, type Passkey } from '../../api/account'
import { Modal } from '../../components/Modal'
import { momentText, ownZone } from '../../format/moment'
import { Field, PasswordField, Username } from '../../forms/Field'
import { Form, type Values } from '../../forms/Form'
import { NewCodesDialog } from './NewCodesDialog'
import { PasskeyDialog } from './PasskeyDialog'
import { Proof, ProofUnlessFresh } from './Proof'
import { TotpDialog } from './TotpDialog'
import { TotpOffFields, proofOf } from './TotpOffFields'

export type Opened = { kind: 'name' | 'email' | 'password' | 'totp-on' | 'totp-off' | 'codes' | 'passkey' | 'delete' } | { kind: 'passkey-off'; passkey: Passkey }

export interface DialogProps {
  account: Account
  changed: () => Promise<void>
  onClose: () => void
}

const GRACE_MS = 7 * 24 * 3_600_000

export function Dialogs({ opened, ...props }: DialogProps & { opened: Opened }): ReactElement {
  switch (opened.kind) {
    case 'name':
      return <NameDialog {...props} />
    case 'email':
      return <EmailDialog {...props} />
    case 'password':
      return <PasswordDialog {...props} />
    case 'totp-on':
      return <TotpDialog {...props} />
    case 'totp-off':
      return <TotpOffDialog {...props} />
    case 'codes':
      return <NewCodesDialog {...props} />
    case 'passkey':
      return <PasskeyDialog {...props} />
    case 'passkey-off':
      return <PasskeyOffDialog {...props} passkey={opened.passkey} />
    case 'delete':
      return <DeleteDialog {...props} />
  }
}

/** saved closes a dialog once the page shows what it has changed. */
const saved = ({ changed, onClose }: DialogProps) => async () => {
  await changed()
  onClose()
}

function NameDialog(props: DialogProps): ReactElement {
  return (
    <Modal title="Change name" onClose={props.onClose}>
      <Form label="Change name" send={(v) => rename(v['name'] ?? '')} done={saved(props)} submit="Save" busy="Saving…">
        <Field name="name" label="Name" autoComplete="name" maxLength={100} defaultValue={props.account.name} data-autofocus hint="How colleagues see you." missing="A name is needed." />
      </Form>
    </Modal>
  )
}

function EmailDialog(props: DialogProps): ReactElement {
  const send = (v: Values) => changeEmail((v['email'] ?? '').trim(), v['password'] ?? '')
  return (
    <Modal title="Change e-mail address" onClose={props.onClose}>
      <Form label="Change e-mail address" send={send} done={saved(props)} submit="Send the link" busy="Sending…">
        <p>
          Now <b className="address">{props.account.email}</b>. The new address gets a link; it counts once that was opened. Both addresses are told.
        </p>
        <Field name="email" label="New e-mail address" type="email" autoComplete="email" inputMode="email" autoCapitalize="none" spellCheck={false} maxLength={254} data-autofocus missing="The new address is needed." />
        <Proof account={props.account} />
      </Form>
    </Modal>
  )
}

function PasswordDialog(props: DialogProps): ReactElement {
  const { hasPassword, email } = props.account
  const title = hasPassword ? 'Change password' : 'Set a password'
  return (
    <Modal title={title} onClose={props.onClose}>
      <Form label={title} send={(v) => changePassword(v['password'] ?? '', v['new_password'] ?? '')} done={saved(props)} submit={title} busy="Saving…">
        {hasPassword ? <Proof account={props.account} autoFocus /> : <Username email={email} />}
        <PasswordField name="new_password" label="New password" fresh autoFocus={!hasPassword} />
        <p className="hint">You stay signed in here. All other sign-ins end.</p>
      </Form>
    </Modal>
  )
}

function TotpOffDialog(props: DialogProps): ReactElement {
  return (
    <Modal title="Turn two-step sign-in off" onClose={props.onClose}>
      <Form label="Turn two-step sign-in off" send={(v) => removeTotp(v['password'] ?? '', proofOf(v))} done={saved(props)} submit="Turn off" busy="Turning off…" danger home={{ wrong_code: 'code' }}>
        <p>After that your password alone opens your account, and the recovery codes are void.</p>
        <TotpOffFields account={props.account} />
      </Form>
    </Modal>
  )
}

function PasskeyOffDialog({ passkey, ...props }: DialogProps & { passkey: Passkey }): ReactElement {
  return (
    <Modal title="Remove passkey" onClose={props.onClose}>
      <Form label="Remove passkey" send={(v) => removePasskey(passkey.id, v['password'] ?? '')} done={saved(props)} submit="Remove" busy="Removing…" danger>
        <p>
          <b>{passkey.name}</b> no longer signs in. Your device goes on offering it until you delete it there too.
        </p>
        <ProofUnlessFresh account={props.account} />
      </Form>
    </Modal>
  )
}

function DeleteDialog(props: DialogProps): ReactElement {
  const at = momentText(new Date(Date.now() + GRACE_MS), ownZone())
  return (
    <Modal title="Delete account" onClose={props.onClose}>
      <Form label="Delete account" send={(v) => deleteAccount(v['password'] ?? '')} done={saved(props)} submit="Plan deletion" busy="Planning…" danger>
        <p>
          On <b>{at}</b> your login, its passkeys and sign-ins are gone, and workspaces that nobody else belongs to are closed. Until then you can sign in and keep it.
        </p>
        <Proof account={props.account} autoFocus />
      </Form>
    </Modal>
  )
}
