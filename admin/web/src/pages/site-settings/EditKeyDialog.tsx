import type { ReactElement } from 'react'
import { changeKey, useKey } from '../../api/keys'
import { WhoChanged } from '../../audit/WhoChanged'
import { Modal } from '../../components/Modal'
import { Problem } from '../../components/Problem'
import { CheckField } from '../../forms/CheckField'
import { Field } from '../../forms/Field'
import { Form, type Values } from '../../forms/Form'
import type { KeyDialogProps } from './KeyDialogs'
import { ScopeFields, scopesOf } from './ScopeFields'

/** EditKeyDialog changes what a key is called, and whether its requests have to be signed or what it may read. The key itself stays. */
export function EditKeyDialog({ kind, site, workspace, id, changed, onClose }: KeyDialogProps & { id: string }): ReactElement | null {
  const asked = useKey(kind, site.publicKey, id)
  const key = asked.data?.value
  const tag = asked.data?.tag ?? ''
  if (!key && !asked.isError) return null // a sheet that grows would move
  const send = async (v: Values) => {
    const more = kind === 'server' ? { signature: v['signature'] ? 'required' : 'optional' } : { scopes: scopesOf(v) }
    return changeKey(kind, site.publicKey, id, { tag, body: JSON.stringify({ name: v['name'], ...more }) })
  }
  const done = async () => {
    await changed()
    onClose()
  }
  return (
    <Modal title={key ? `Change ${key.name}` : 'Change a key'} onClose={onClose}>
      {asked.isError && !key && <Problem error={asked.error} retry={() => void asked.refetch()} retrying={asked.isFetching} what="key" />}
      {key && (
        <Form
          key={tag}
          label="Change key"
          send={send}
          done={done}
          submit="Save"
          busy="Saving…"
          home={{ conflict: 'signature' }}
          changed={<WhoChanged workspace={workspace.id} action={`${kind}_key.changed`} about={`key_id:${id}`} reload={() => asked.refetch()} />}
        >
          <Field name="name" label="Name" autoComplete="off" maxLength={100} defaultValue={key.name} data-autofocus hint="What it is for, such as Shop back end." missing="A name is needed." />
          {kind === 'api' && <ScopeFields chosen={key.scopes} />}
          {kind === 'server' && <CheckField name="signature" label="Take signed requests alone" checked={key.signature === 'required'} hint={key.canSign ? 'Collectors know within two seconds; unsigned requests are refused from then on.' : 'This key has no signing secret: rotate it, and the next one has.'} />}
        </Form>
      )}
    </Modal>
  )
}
