import { useQueryClient } from '@tanstack/react-query'
import type { ReactElement } from 'react'
import { Link } from 'wouter'
import { handleRequest, requestsKey, useRequest } from '../../api/rights'
import type { Workspace } from '../../api/types'
import { privacyPath } from '../../app/paths'
import { Modal } from '../../components/Modal'
import { Problem } from '../../components/Problem'
import { momentText, ownZone } from '../../format/moment'
import { Form } from '../../forms/Form'
import { LinesField } from '../../forms/LinesField'
import { SelectField } from '../../forms/SelectField'
import { stateWords } from './RequestsSection'

/** RequestDialog is a request with its history, and what is done about it next. */
export function RequestDialog({ workspace, id, onClose }: { workspace: Workspace; id: string; onClose: () => void }): ReactElement | null {
  const client = useQueryClient()
  const asked = useRequest(workspace.id, id)
  const done = async () => {
    await client.invalidateQueries({ queryKey: requestsKey(workspace.id) })
    onClose()
  }
  const r = asked.data?.value
  const tag = asked.data?.tag ?? ''
  if (!r && !asked.isError) return null // a sheet that grows would move
  return (
    <Modal title={r ? `Request of ${r.email}` : 'Request'} onClose={onClose}>
      {asked.isError && <Problem error={asked.error} retry={() => void asked.refetch()} retrying={asked.isFetching} what="request" />}
      {r && (
        <Form
          key={tag}
          label="Request"
          send={(v) => handleRequest(workspace.id, id, { tag, state: v['state'] ?? '', note: (v['note'] ?? '').trim() })}
          done={done}
          submit="Save"
          busy="Saving…"
          changed={
            <button type="button" className="link" onClick={() => void asked.refetch()}>
              Show what stands there now
            </button>
          }
        >
          <p className="request-text">{r.text}</p>
          {r.kind === 'erasure' && (
            <p>
              Once you know who it is, <Link className="row-more" href={privacyPath(workspace.id, 'erasures')}>erase them</Link>; the receipt says when it is done.
            </p>
          )}
          <ul className="records">
            {r.history.map((s) => (
              <li key={s.at + s.state}>
                <div>
                  {stateWords[s.state] ?? s.state}
                  {s.note && `: ${s.note}`}
                  <small>{momentText(new Date(s.at), ownZone())}</small>
                </div>
              </li>
            ))}
          </ul>
          <SelectField name="state" label="State" options={Object.entries(stateWords).map(([value, label]) => ({ value, label }))} defaultValue={r.state} autoFocus />
          <LinesField name="note" label="Note" lines={[]} hint="For the history. With done and refused it is mailed to the person; refused needs one." />
        </Form>
      )}
    </Modal>
  )
}
