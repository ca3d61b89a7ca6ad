import { useState, type ReactElement } from 'react'
import { beginGoogle, disconnect, probeGoogle, useLog, type Connection } from '../../api/google'
import type { Workspace } from '../../api/types'
import { Modal } from '../../components/Modal'
import { Line, Section } from '../../components/Section'
import { momentText, ownZone } from '../../format/moment'
import { accountNumber } from '../../format/names'
import { count } from '../../format/number'
import { Form } from '../../forms/Form'
import { sentence } from '../../forms/problems'
import { useSend } from '../../forms/useSend'
import { AccountDialog } from './AccountDialog'
import { FileDialog } from './FileDialog'
import { nameOf, scopeNames, stateNames, transportNames } from './words'

interface ConnectionProps {
  workspace: Workspace
  connection: Connection
  changed: () => Promise<unknown>
}

export function ConnectionSection({ workspace, connection: c, changed }: ConnectionProps): ReactElement {
  const [dialog, setDialog] = useState<'account' | 'secret' | 'end' | 'log' | null>(null)
  const again = useSend(
    () => beginGoogle(workspace.id, c.id),
    (url) => location.assign(url),
  )
  const probe = useSend(() => probeGoogle(workspace.id, c.id), changed)
  const close = () => setDialog(null)
  const fault = again.error ?? probe.error
  const button = (words: string, press: () => void, busy = false) => (
    <button type="button" className="ctl" aria-label={`${words}: ${nameOf(c)}`} aria-busy={busy} onClick={press}>
      {words}
    </button>
  )
  return (
    <Section title={nameOf(c)} note={<StateWords connection={c} />}>
      {(c.problem || c.missingScopes.length > 0) && (
        <Line label="To be mended" action={!c.file && button('Connect again', () => again.run(), again.pending)}>
          <span className="notice">
            {c.problem} {c.missingScopes.length > 0 && `Missing: ${c.missingScopes.map((s) => scopeNames[s.split('/').pop() ?? s] ?? s).join(', ')}.`}
          </span>
        </Line>
      )}
      {!c.file && (
        <Line label="Account" action={button(c.customer ? 'Change…' : 'Choose…', () => setDialog('account'))}>
          {c.customer ? `${c.customer.name} ${accountNumber(c.customer.id)} · ${c.customer.currency} · ${c.customer.timeZone}` : 'None was chosen yet, so nothing is sent.'}
        </Line>
      )}
      {c.file && (
        <Line label="Address" action={button('New secret…', () => setDialog('secret'))}>
          <code className="address">{c.file.url}</code>
          <small className="dim">User {c.file.user}</small>
        </Line>
      )}
      <Line label="Sent by" action={!c.file && button('Find out again', () => probe.run(), probe.pending)} below={fault && <p className="form-status bad" role="alert">{sentence(fault)}</p>}>
        {transportNames[c.transport] ?? 'Nothing yet'}
        {c.abilities.length > 0 && (
          <ul className="abilities">
            {c.abilities.map((a) => (
              <li key={a.name}>
                <span className={`pill ${a.can ? 'ok' : 'wait'}`}>{a.can ? 'Can' : 'Cannot'}</span> {transportNames[a.name] ?? a.name}
                {a.reason && <small className="dim"> {a.reason}</small>}
              </li>
            ))}
          </ul>
        )}
      </Line>
      <Line
        label={c.file ? 'Fetches' : 'Accesses'}
        action={
          <span className="action-pair">
            {button(c.file ? 'When it was fetched' : 'Log', () => setDialog('log'))}
            {button('Disconnect…', () => setDialog('end'))}
          </span>
        }
      >
        {c.file ? 'Every fetch by Google is kept.' : 'Every access to Google’s data is counted, by what it was for.'}
      </Line>
      {dialog === 'account' && <AccountDialog workspace={workspace} connection={c} changed={changed} onClose={close} />}
      {dialog === 'secret' && <FileDialog workspace={workspace} connection={c} changed={changed} onClose={close} />}
      {dialog === 'log' && <LogDialog workspace={workspace} connection={c} onClose={close} />}
      {dialog === 'end' && <EndDialog workspace={workspace} connection={c} changed={changed} onClose={close} />}
    </Section>
  )
}

function StateWords({ connection: c }: { connection: Connection }): ReactElement {
  const tone = c.state === 'active' ? (c.problem ? 'hold' : 'ok') : 'hold'
  return (
    <>
      <span className={`pill ${tone}`}>{stateNames[c.state] ?? c.state}</span> since {momentText(new Date(c.createdAt), ownZone())}
      {c.pausedUntil && `. After failures nothing is sent before ${momentText(new Date(c.pausedUntil), ownZone())}`}
    </>
  )
}

function EndDialog({ workspace, connection: c, changed, onClose }: ConnectionProps & { onClose: () => void }): ReactElement {
  const done = async () => {
    await changed()
    onClose()
  }
  return (
    <Modal title={`Disconnect ${nameOf(c)}`} onClose={onClose}>
      <Form label="Disconnect" send={() => disconnect(workspace.id, c.id)} done={done} submit="Disconnect" busy="Disconnecting…" danger>
        <p>
          {c.file ? 'The address of the file answers nobody from now on.' : 'Noctra’s access is revoked at Google, and tokens, names, currency and zone that came from there are deleted here.'} Its actions are removed: what was not sent yet is held. What Google has counted stays there, and so does the
          history of each conversion here. It cannot be taken back; connecting again begins anew.
        </p>
      </Form>
    </Modal>
  )
}

function LogDialog({ workspace, connection: c, onClose }: Omit<ConnectionProps, 'changed'> & { onClose: () => void }): ReactElement {
  const log = useLog(workspace.id, c.id, c.file ? 'fetches' : 'accesses')
  return (
    <Modal title={c.file ? 'When the file was fetched' : 'Accesses to Google’s data'} onClose={onClose}>
      <table className="lines">
        <caption className="sr-only">{c.file ? 'Fetches, the newest first' : 'Accesses by purpose and hour, the newest first'}</caption>
        <thead>
          <tr>
            <th scope="col">{c.file ? 'When' : 'Hour'}</th>
            <th scope="col">{c.file ? 'By' : 'For'}</th>
            <th scope="col">{c.file ? 'Rows' : 'Calls'}</th>
          </tr>
        </thead>
        <tbody>
          {(log.data ?? []).map((l) => (
            <tr key={l.id}>
              <th scope="row">{momentText(new Date(l.at), ownZone())}</th>
              <td>{c.file ? l.what : l.what.replaceAll('_', ' ')}</td>
              <td>{count(l.count)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {log.data?.length === 0 && <p className="nothing">Nothing yet.</p>}
      {log.isError && <p className="form-status bad" role="alert">{sentence(log.error)}</p>}
    </Modal>
  )
}
