import { useState, type ReactElement } from 'react'
import { useGoals } from '../../api/goals'
import { changeMapping, createMapping, useAdsActions, useMapping, type Connection, type Mapping } from '../../api/google'
import { onceKeys } from '../../api/once'
import { tryMapping, tryNewMapping, type Trial } from '../../api/trial'
import type { Site, Workspace } from '../../api/types'
import { WhoChanged } from '../../audit/WhoChanged'
import { Modal } from '../../components/Modal'
import { Problem } from '../../components/Problem'
import { CheckField } from '../../forms/CheckField'
import { Field } from '../../forms/Field'
import { Form, type Values } from '../../forms/Form'
import { SelectField } from '../../forms/SelectField'
import { Outcome } from '../../trial/Outcome'
import { nameOf } from './words'

interface ActionDialogProps {
  workspace: Workspace
  sites: Site[]
  connections: Connection[]
  /** id is the choice that is changed, empty for a new one. */
  id: string
  changed: () => Promise<unknown>
  onClose: () => void
}

/** ActionDialog chooses an action for the sales or a goal of a site, or changes how it is sent; what that does to past sales can be tried. */
export function ActionDialog({ workspace, sites, connections, id, changed, onClose }: ActionDialogProps): ReactElement | null {
  const asked = useMapping(workspace.id, id)
  const [once] = useState(() => onceKeys())
  const [trial, setTrial] = useState<{ of: Trial; site: Site | undefined } | null>(null)
  const mapping = asked.data?.value
  const tag = asked.data?.tag ?? ''
  if (id && !mapping && !asked.isError) return null // a sheet that grows would move
  const send = (v: Values) => (id ? changeMapping(workspace.id, id, { tag, body: changeOf(v) }) : createMapping(workspace.id, newOf(v), once(newOf(v))))
  const run = async (v: Values) => {
    setTrial(null)
    const of = id ? await tryMapping(workspace.id, id, changeOf(v)) : await tryNewMapping(workspace.id, newOf(v))
    setTrial({ of, site: sites.find((s) => s.id === (mapping?.siteId ?? v['site_id'])) })
  }
  const done = async () => {
    await changed()
    onClose()
  }
  return (
    <Modal title={mapping ? `Change ${mapping.actionName || mapping.actionId}` : 'Choose an action'} onClose={onClose}>
      {asked.isError && <Problem error={asked.error} retry={() => void asked.refetch()} retrying={asked.isFetching} what="action" />}
      {(!id || mapping) && (
        <Form key={tag} label="Conversion action" send={send} done={done} submit="Save" busy="Saving…" tried={{ label: 'Try', busy: 'Trying…', run }} typed={() => setTrial(null)} changed={<WhoChanged workspace={workspace.id} action="conversion_action" about={`mapping_id:${id}`} reload={() => asked.refetch()} />}>
          {!mapping && <Which workspace={workspace} sites={sites} connections={connections} />}
          <Rules mapping={mapping} />
        </Form>
      )}
      {trial && <Outcome trial={trial.of} site={trial.site} />}
    </Modal>
  )
}

const changeOf = (v: Values) => JSON.stringify({ ...rulesOf(v), paused: v['paused'] !== undefined })

function newOf(v: Values): string {
  const file = v['action_name'] !== undefined
  return JSON.stringify({ site_id: v['site_id'], connection_id: v['connection_id'], ...(v['goal_id'] ? { goal_id: v['goal_id'] } : {}), ...(file ? { action_name: v['action_name'] } : { action_id: v['action_id'] }), ...rulesOf(v) })
}

function rulesOf(v: Values): object {
  const fixed = v['value_rule'] === 'fixed' ? { fixed_value: v['fixed_value'], currency: v['currency'] } : {}
  return { value_rule: v['value_rule'], ...fixed, review: v['review'] !== undefined, enhanced: v['enhanced'] !== undefined, without_click: v['without_click'] !== undefined, delay_minutes: Math.round(Number(v['delay_minutes'] || 0)) }
}

/** Which is what is sent, by which connection, to which of its actions. */
function Which({ workspace, sites, connections }: Pick<ActionDialogProps, 'workspace' | 'sites' | 'connections'>): ReactElement {
  const ready = connections.filter((c) => c.state === 'active')
  const [site, setSite] = useState(sites[0])
  const [via, setVia] = useState(ready[0])
  const goals = useGoals(site?.publicKey ?? '')
  const actions = useAdsActions(workspace.id, via && !via.file ? via.id : '')
  const enabled = actions.data?.filter((a) => a.enabled) ?? []
  return (
    <div
      className="which"
      onChange={(e) => {
        const at = e.target as unknown as HTMLSelectElement
        if (at.name === 'site_id') setSite(sites.find((s) => s.id === at.value))
        if (at.name === 'connection_id') setVia(ready.find((c) => c.id === at.value))
      }}
    >
      <SelectField name="site_id" label="Site" options={sites.map((s) => ({ value: s.id, label: s.name }))} autoFocus />
      <SelectField name="goal_id" label="What" required={false} options={[{ value: '', label: 'Sales' }, ...(goals.data ?? []).map((g) => ({ value: g.id, label: `Goal: ${g.name}` }))]} />
      <SelectField name="connection_id" label="To" options={ready.map((c) => ({ value: c.id, label: nameOf(c) }))} missing="Connect an account and choose it first." />
      {via?.file ? (
        <Field name="action_name" label="Action, as it is written at Google" maxLength={200} autoComplete="off" />
      ) : (
        <SelectField name="action_id" label="Action" options={enabled.map((a) => ({ value: a.id, label: a.name }))} hint={actions.isPending ? 'Asking Google…' : enabled.length === 0 ? 'The account has no action that takes uploads: make one in Google Ads, of the kind “Import from clicks”.' : undefined} missing="An action is needed." />
      )}
    </div>
  )
}

function Rules({ mapping: m }: { mapping: Mapping | undefined }): ReactElement {
  const [rule, setRule] = useState(m?.valueRule ?? 'event')
  return (
    <>
      <div className="which" onChange={(e) => (e.target as unknown as HTMLSelectElement).name === 'value_rule' && setRule((e.target as unknown as HTMLSelectElement).value)}>
        <SelectField name="value_rule" label="Value" defaultValue={rule} options={[...(m?.goalId ? [] : [{ value: 'event', label: 'What was sold' }]), { value: 'fixed', label: 'Always the same' }, { value: 'none', label: 'None' }]} />
      </div>
      {rule === 'fixed' && (
        <>
          <Field name="fixed_value" label="Amount" inputMode="decimal" defaultValue={m?.fixedValue} />
          <Field name="currency" label="Currency" maxLength={3} defaultValue={m?.currency} autoComplete="off" />
        </>
      )}
      <Field name="delay_minutes" label="Minutes to wait" inputMode="numeric" required={false} defaultValue={String(m?.delayMinutes ?? 0)} hint="A refund within them changes the sale before it is sent; a week at most." />
      <CheckField name="review" label="A person approves each" checked={m?.review ?? false} />
      <CheckField name="enhanced" label="With hashed e-mail and phone" hint="Where the visitor’s consent allows it." checked={m?.enhanced ?? false} />
      <CheckField name="without_click" label="Also where no click is known" hint="By the hashed identifiers alone; needs them." checked={m?.withoutClick ?? false} />
      {m && <CheckField name="paused" label="Paused" hint="Nothing is sent to this action; it waits." checked={m.paused} />}
    </>
  )
}
