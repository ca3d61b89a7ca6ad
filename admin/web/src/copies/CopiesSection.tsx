import { useQueryClient } from '@tanstack/react-query'
import { useState, type ReactElement } from 'react'
import { onceKeys } from '../../api/once'
import { copiesKey, deleteCopy, linkOfCopy, makeCopy, type Copy } from '../../api/rights'
import type { Workspace } from '../../api/types'
import { Section } from '../../components/Section'
import { dayText, momentText, ownZone } from '../../format/moment'
import { sentence } from '../../forms/problems'
import { useSend } from '../../forms/useSend'

const words: Record<string, string> = { waiting: 'Being made', ready: 'Ready', failed: 'Failed', deleted: 'Deleted' }

/** CopiesSection makes copies of the whole workspace, and loads them while they last. */
export function CopiesSection({ workspace, copies }: { workspace: Workspace; copies: Copy[] }): ReactElement {
  const client = useQueryClient()
  const asked = () => client.invalidateQueries({ queryKey: copiesKey(workspace.id) })
  const [once] = useState(() => onceKeys())
  const making = useSend(() => makeCopy(workspace.id, once(String(copies.length))), asked)
  const loading = useSend((id: string) => linkOfCopy(workspace.id, id), (url) => location.assign(url))
  const deleting = useSend((id: string) => deleteCopy(workspace.id, id), asked)
  const error = making.error ?? loading.error ?? deleting.error
  const shown = copies.filter((c) => c.state !== 'deleted')
  return (
    <Section title="Copies" note="Everything of the workspace with all events of its sites, as CSV and JSON in a zip. Made in the background; mail says when it is ready.">
      {shown.length === 0 && <p className="table-foot">There is no copy.</p>}
      <ul className="records wide">
        {shown.map((c) => (
          <li key={c.id}>
            <div>
              <b>{momentText(new Date(c.createdAt), ownZone())}</b> <span className={c.state === 'ready' ? 'tag good' : c.state === 'failed' ? 'tag bad' : 'tag'}>{words[c.state] ?? c.state}</span>
              <small>{c.expiresAt ? `deleted on ${dayText(new Date(c.expiresAt), ownZone())}` : 'not there yet'}</small>
            </div>
            <span className="record-actions">
              {c.state === 'ready' && (
                <button type="button" className="link" onClick={() => loading.run(c.id)}>
                  Download
                </button>
              )}
              {c.state !== 'waiting' && (
                <button type="button" className="link" onClick={() => deleting.run(c.id)}>
                  Delete
                </button>
              )}
            </span>
          </li>
        ))}
      </ul>
      {error && (
        <p className="form-status bad" role="alert">
          {sentence(error)}
        </p>
      )}
      <div className="settings-foot">
        <button type="button" className="ctl" aria-busy={making.pending} onClick={() => making.run()}>
          Make a copy
        </button>
      </div>
    </Section>
  )
}
