import { useQueryClient } from '@tanstack/react-query'
import { useState, type ReactElement } from 'react'
import { useLocation } from 'wouter'
import { ApiError } from '../../api/client'
import { erase, erasuresKey, type Erasure } from '../../api/erasures'
import { onceKeys } from '../../api/once'
import type { Site, Workspace } from '../../api/types'
import { privacyPath } from '../../app/paths'
import { Modal } from '../../components/Modal'
import { Field } from '../../forms/Field'
import { Form, type Values } from '../../forms/Form'
import { SelectField } from '../../forms/SelectField'
import { siteNames, stores, subjectKinds } from './erasureWords'
import { WouldFind } from './WouldFind'

interface EraseProps {
  workspace: Workspace
  sites: Site[]
  onClose: () => void
}

interface Asked {
  kind: string
  value: string
  /** site is empty for all of the workspace. */
  site: string
}

const refused = (path: string, message: string) => new ApiError(422, 'invalid_request', message, { fields: [{ path, message }] })

/** EraseDialog asks who is erased, says what will be looked for, and has the name typed once more. */
export function EraseDialog({ workspace, sites, onClose }: EraseProps): ReactElement {
  const [asked, setAsked] = useState<Asked>({ kind: 'user_id', value: '', site: '' })
  const [sure, setSure] = useState(false)
  const named = (next: Asked) => {
    setAsked(next)
    setSure(true)
  }
  return (
    <Modal title="Erase a person" onClose={onClose}>
      <div className="staged tall">{sure ? <Confirm workspace={workspace} sites={sites} asked={asked} back={() => setSure(false)} /> : <Name sites={sites} asked={asked} done={named} />}</div>
    </Modal>
  )
}

function Name({ sites, asked, done }: { sites: Site[]; asked: Asked; done: (asked: Asked) => void }): ReactElement {
  const [kind, setKind] = useState(asked.kind)
  const words = subjectKinds.find((k) => k.kind === kind)
  const send = async (v: Values): Promise<Asked> => {
    const value = (v['value'] ?? '').trim()
    if (v['kind'] === 'email' && !/^\S+@\S+$/.test(value)) throw refused('value', 'This is no e-mail address.')
    return { kind: v['kind'] ?? '', value, site: v['site'] ?? '' }
  }
  const everywhere = { value: '', label: sites.length === 1 ? 'The one site of the workspace' : `All ${sites.length} sites of the workspace` }
  return (
    <div onInput={(e) => (e.target as HTMLInputElement).name === 'kind' && setKind((e.target as HTMLInputElement).value)}>
      <Form label="Whom to erase" send={send} done={done} submit="Continue" busy="…">
        <SelectField name="kind" label="Named by" options={subjectKinds.map((k) => ({ value: k.kind, label: k.label }))} defaultValue={asked.kind} autoFocus />
        <Field key={kind} name="value" label={words?.label ?? 'Name'} defaultValue={asked.value} autoComplete="off" autoCapitalize="none" spellCheck={false} maxLength={kind === 'order_id' ? 200 : 256} inputMode={kind === 'email' ? 'email' : undefined} hint={words?.hint} missing="Without it nobody is named." />
        <SelectField name="site" label="On" options={[everywhere, ...sites.map((s) => ({ value: s.id, label: s.name }))]} defaultValue={asked.site} required={false} />
      </Form>
    </div>
  )
}

interface ConfirmProps {
  workspace: Workspace
  sites: Site[]
  asked: Asked
  back: () => void
}

function Confirm({ workspace, sites, asked, back }: ConfirmProps): ReactElement {
  const client = useQueryClient()
  const [, navigate] = useLocation()
  const [once] = useState(() => onceKeys())
  const words = subjectKinds.find((k) => k.kind === asked.kind)
  const body = JSON.stringify({ workspace_id: workspace.id, ...(asked.site ? { site_id: asked.site } : {}), subject: { [asked.kind]: asked.value } })
  const send = (v: Values) => {
    if ((v['again'] ?? '').trim() !== asked.value) throw refused('again', 'This is not what stands above.')
    return erase(body, once(body))
  }
  const done = async (made: Erasure) => {
    await client.invalidateQueries({ queryKey: erasuresKey(workspace.id) })
    navigate(privacyPath(workspace.id, 'erasures', made.id))
  }
  return (
    <Form
      label="Confirm the erasure"
      send={async (v) => send(v)}
      done={done}
      submit="Erase"
      busy="Asking…"
      danger
      beside={
        <button type="button" className="link" onClick={back}>
          Back
        </button>
      }
    >
      <dl className="looked-for">
        <dt>{words?.label}</dt>
        <dd className="address">{asked.value}</dd>
        <dt>Looked for on</dt>
        <dd>{siteNames(asked.site ? [asked.site] : sites.map((s) => s.id), sites)}</dd>
        <dt>What belongs to it</dt>
        <dd>{words?.looked}</dd>
        <dt>Where</dt>
        <dd>{stores}</dd>
        <dt>Found now</dt>
        <dd className="found-now" aria-live="polite">
          <WouldFind body={body} sites={sites} />
        </dd>
      </dl>
      <p className="notice">Nobody can bring it back. Reports of past days will count less.</p>
      <Field name="again" label="Type it once more" autoComplete="off" autoCapitalize="none" spellCheck={false} maxLength={256} data-autofocus autoFocus hint={`As above: ${asked.value}`} missing="Type it, so that nobody else is erased than you mean." />
    </Form>
  )
}
