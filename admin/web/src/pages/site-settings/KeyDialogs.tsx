import { useState, type ReactElement } from 'react'
import { createKey, revokeKey, rotateKey, type Key, type KeyKind, type NewKey } from '../../api/keys'
import { onceKeys } from '../../api/once'
import type { Site, Workspace } from '../../api/types'
import { CopyButton } from '../../components/CopyButton'
import { Modal } from '../../components/Modal'
import { momentText, ownZone } from '../../format/moment'
import { CheckField } from '../../forms/CheckField'
import { Field } from '../../forms/Field'
import { Form, type Values } from '../../forms/Form'
import { SelectField } from '../../forms/SelectField'
import { allScopes, ScopeFields, scopesOf } from './ScopeFields'

export interface KeyDialogProps {
  kind: KeyKind
  site: Site
  workspace: Workspace
  changed: () => Promise<void>
  onClose: () => void
}

/** CreateKeyDialog makes a key, and shows it the one time that it can be shown. */
export function CreateKeyDialog(props: KeyDialogProps): ReactElement {
  const { kind, site, workspace, onClose } = props
  const [made, setMade] = useState<NewKey | null>(null)
  const [once] = useState(() => onceKeys())
  const [opened] = useState(Date.now) // so that the same sent again is the same
  const send = async (v: Values) => {
    const common = { name: v['name'], ...(v['days'] ? { expires_at: new Date(opened + Number(v['days']) * 86_400_000).toISOString() } : {}) }
    const sites = v['all_sites'] ? {} : { site_ids: [site.id] }
    const body = JSON.stringify(kind === 'server' ? { ...common, all_sites: v['all_sites'] !== undefined, signature: v['signature'] ? 'required' : 'optional' } : { ...common, ...sites, scopes: scopesOf(v), workspace_id: workspace.id })
    return createKey(kind, site.publicKey, { body, once: once(body) })
  }
  if (made) return <Shown made={made} {...props} />
  return (
    <Modal title={kind === 'server' ? 'Make a server key' : 'Make an API key'} onClose={onClose}>
      <Form label="Make a key" send={send} done={setMade} submit="Make key" busy="Making…">
        <Field name="name" label="Name" autoComplete="off" maxLength={100} data-autofocus hint="What it is for, such as Shop back end." missing="A name is needed." />
        <SelectField name="days" label="Good for" options={lives} defaultValue="365" required={false} />
        <CheckField name="all_sites" label={`For all sites of ${workspace.name}`} hint={`Otherwise for ${site.name} alone.`} />
        {kind === 'api' && <ScopeFields chosen={allScopes} />}
        {kind === 'server' && <CheckField name="signature" label="Take signed requests alone" hint="Whoever finds the key cannot send with it; the signing secret is needed, too." />}
      </Form>
    </Modal>
  )
}

const lives = [
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '365', label: 'A year' },
  { value: '', label: 'As long as nobody revokes it' },
]

/** RotateKeyDialog makes a key that replaces another, which stays good for a while. */
export function RotateKeyDialog(props: KeyDialogProps & { of: Key }): ReactElement {
  const { kind, site, of: old, onClose } = props
  const [made, setMade] = useState<NewKey | null>(null)
  const [once] = useState(() => onceKeys())
  const send = (v: Values) => {
    const body = JSON.stringify({ overlap_hours: Number(v['overlap_hours']) })
    return rotateKey(kind, site.publicKey, old.id, { body, once: once(body) })
  }
  if (made) return <Shown made={made} {...props} />
  return (
    <Modal title={`Rotate ${old.name}`} onClose={onClose}>
      <Form label="Rotate key" send={send} done={setMade} submit="Make the new key" busy="Making…">
        <p>A new key does what this one does. Both are good until the overlap is over, so that nothing breaks while you exchange them.</p>
        <SelectField name="overlap_hours" label="The old key stays good for" options={overlaps} defaultValue="24" autoFocus />
      </Form>
    </Modal>
  )
}

const overlaps = [
  { value: '0', label: 'No time: it was seen by somebody' },
  { value: '1', label: 'An hour' },
  { value: '24', label: 'A day' },
  { value: '168', label: 'A week' },
  { value: '720', label: '30 days' },
]

export function RevokeKeyDialog({ kind, site, of: key, changed, onClose }: KeyDialogProps & { of: Key }): ReactElement {
  const done = async () => {
    await changed()
    onClose()
  }
  return (
    <Modal title={`Revoke ${key.name}`} onClose={onClose}>
      <Form label="Revoke key" send={() => revokeKey(kind, site.publicKey, key.id)} done={done} submit="Revoke" busy="Revoking…" danger>
        <p>{kind === 'server' ? 'Requests with it are refused within two seconds, and their events are not taken. To exchange a key without a gap, rotate it instead.' : 'Programs that use it get no more reports from now on.'}</p>
      </Form>
    </Modal>
  )
}

function Shown({ made, changed, onClose }: KeyDialogProps & { made: NewKey }): ReactElement {
  const [kept, setKept] = useState(false)
  const end = async () => {
    await changed()
    onClose()
  }
  return (
    <Modal title="Your new key" onClose={onClose} held>
      <div className="form">
        <p>Put it where it is needed now. It is not shown again; only its hash is kept.</p>
        <Secret label="Key" text={made.key} />
        {made.signingSecret && <Secret label="Signing secret" text={made.signingSecret} />}
        {made.oldExpiresAt && <p>The old key is good until {momentText(new Date(made.oldExpiresAt), ownZone())}.</p>}
        <label className="check">
          <input type="checkbox" checked={kept} onChange={(e) => setKept(e.target.checked)} />I have kept it
        </label>
        <div className="form-foot">
          <button type="button" className="ctl primary" disabled={!kept} onClick={() => void end()}>
            Done
          </button>
        </div>
      </div>
    </Modal>
  )
}

function Secret({ label, text }: { label: string; text: string }): ReactElement {
  return (
    <div className="snippet">
      <pre tabIndex={0} aria-label={label}>
        {text}
      </pre>
      <CopyButton className="ctl" icon text={() => text}>
        Copy
      </CopyButton>
    </div>
  )
}
