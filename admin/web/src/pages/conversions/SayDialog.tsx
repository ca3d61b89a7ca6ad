// Approving, declining and sending again: what exactly is meant, and what came of it.
import { useQueryClient } from '@tanstack/react-query'
import { useState, type ReactElement } from 'react'
import { conversionsKey, say, usePreview, type Conversion, type Preview, type Said, type Word } from '../../api/conversions'
import { Modal } from '../../components/Modal'
import { Problem } from '../../components/Problem'
import { Skeleton } from '../../components/Skeleton'
import { counted } from '../../format/number'
import { sentence } from '../../forms/problems'
import { useSend } from '../../forms/useSend'
import { transports } from './way'

const words: Record<Word, { title: string; button: string; busy: string; done: string; note: string }> = {
  approve: { title: 'Approve', button: 'Approve', busy: 'Approving…', done: 'approved', note: 'This is exactly what goes to Google, with identifiers masked. Those that wait for something else besides go when that has come.' },
  decline: { title: 'Decline', button: 'Decline', busy: 'Declining…', done: 'declined', note: 'They are held and never sent, until somebody approves them after all. What Google has already stays there.' },
  retry: { title: 'Send again', button: 'Send again', busy: 'Sending…', done: 'being sent again', note: 'The same goes to Google once more, under the same transaction id: it cannot count twice.' },
}

interface SayDialogProps {
  word: Word
  site: string
  chosen: readonly Conversion[]
  done: () => void
  onClose: () => void
}

export function SayDialog({ word, site, chosen, done, onClose }: SayDialogProps): ReactElement {
  const client = useQueryClient()
  const [said, setSaid] = useState<Said | null>(null)
  const text = words[word]
  const sending = useSend(
    () => say(word, chosen.map((c) => c.id)),
    (result) => {
      setSaid(result)
      done()
      void client.invalidateQueries({ queryKey: conversionsKey(site) })
    },
  )
  const foot = said ? (
    <button type="button" className="ctl primary" onClick={onClose}>
      Done
    </button>
  ) : (
    <>
      <button type="button" className={word === 'decline' ? 'ctl danger' : 'ctl primary'} aria-busy={sending.pending} onClick={() => sending.run()} data-autofocus>
        {sending.pending ? text.busy : `${text.button} ${counted(chosen.length, 'conversion')}`}
      </button>
      <button type="button" className="ctl" onClick={onClose}>
        Cancel
      </button>
    </>
  )
  return (
    <Modal title={text.title} size="wide" onClose={onClose} footer={<div className="say-foot">{foot}</div>}>
      <div className="say">
        {said ? <Outcome said={said} chosen={chosen} done={text.done} /> : <p className="say-note">{text.note}</p>}
        {!said && (word === 'decline' ? <Names chosen={chosen} /> : <Previews site={site} ids={chosen.map((c) => c.id)} chosen={chosen} />)}
        {sending.error && (
          <p className="form-status bad" role="alert">
            {sentence(sending.error)}
          </p>
        )}
      </div>
    </Modal>
  )
}

function Names({ chosen }: { chosen: readonly Conversion[] }): ReactElement {
  return (
    <ul className="say-names">
      {chosen.map((c) => (
        <li key={c.id}>
          <code>{c.orderId || c.transactionId}</code>
        </li>
      ))}
    </ul>
  )
}

function Previews({ site, ids, chosen }: { site: string; ids: string[]; chosen: readonly Conversion[] }): ReactElement {
  const previews = usePreview(site, ids)
  if (previews.data) return <PreviewTable previews={previews.data} chosen={chosen} />
  if (previews.isError) return <Problem error={previews.error} retry={() => void previews.refetch()} retrying={previews.isFetching} what="preview" />
  return (
    <div className="waiting-lines" aria-busy="true">
      <Skeleton width={70} />
      <Skeleton width={60} />
    </div>
  )
}

const columns = ['action_id', 'transaction_id', 'occurred_at', 'value', 'currency', 'click_kind', 'click_id', 'email_hash', 'phone_hash', 'consent_ad_user_data', 'consent_ad_personalization'] as const

/** PreviewTable has a column for everything that at least one of them sends. */
function PreviewTable({ previews, chosen }: { previews: Preview[]; chosen: readonly Conversion[] }): ReactElement {
  const used = columns.filter((c) => previews.some((p) => p.payload[c]))
  const name = (id: string) => chosen.find((c) => c.id === id)?.orderId || id
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label="What is sent">
      <table className="preview-table">
        <caption className="sr-only">What is sent to Google</caption>
        <thead>
          <tr>
            <th scope="col">Order</th>
            <th scope="col">By</th>
            {used.map((c) => (
              <th key={c} scope="col">
                {c}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {previews.map((p) => (
            <tr key={p.id}>
              <th scope="row">
                <code>{name(p.id)}</code>
              </th>
              <td>
                {transports[p.transport] ?? 'no way yet'} {p.customerId && <span className="dim">to {p.customerId}</span>}
              </td>
              {used.map((c) => (
                <td key={c}>
                  <code>{p.payload[c] ?? '–'}</code>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Outcome({ said, chosen, done }: { said: Said; chosen: readonly Conversion[]; done: string }): ReactElement {
  const name = (id: string) => chosen.find((c) => c.id === id)?.orderId || `conversion ${id}`
  return (
    <div role="status">
      <p>
        <b>{counted(said.changed, 'conversion')}</b> {said.changed === 1 ? 'is' : 'are'} {done}.
      </p>
      {said.skipped.length > 0 && (
        <>
          <p>{counted(said.skipped.length, 'conversion')} stayed as {said.skipped.length === 1 ? 'it was' : 'they were'}:</p>
          <ul className="say-names">
            {said.skipped.map((s) => (
              <li key={s.id}>
                <code>{name(s.id)}</code> is {s.state}
                {s.reasonWords && `: ${s.reasonWords.toLowerCase()}`}
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  )
}
