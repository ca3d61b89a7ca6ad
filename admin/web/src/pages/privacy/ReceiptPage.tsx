import type { ReactElement } from 'react'
import { Link } from 'wouter'
import { ApiError } from '../../api/client'
import { useErasure, type Erasure } from '../../api/erasures'
import { useKept, type KeptPlace } from '../../api/retention'
import type { Site, Workspace } from '../../api/types'
import { privacyPath } from '../../app/paths'
import { usePageTitle } from '../../app/usePageTitle'
import { CopyButton } from '../../components/CopyButton'
import { Problem } from '../../components/Problem'
import { Line, Section } from '../../components/Section'
import { Waiting } from '../../components/Waiting'
import { dayText, momentText, ownZone, secondText, zoneText } from '../../format/moment'
import { about, dueAt, siteNames, stateTag, steps, type Step } from './erasureWords'
import { FoundSection, LaterSection, WaitsSection } from './ReceiptTables'

interface ReceiptProps {
  workspace: Workspace
  sites: Site[]
  id: string
  who: (account: string) => string
}

/** ReceiptPage is an erasure: how far it is, and what was found where and when it was gone. It can be printed. */
export function ReceiptPage({ workspace, sites, id, who }: ReceiptProps): ReactElement {
  usePageTitle(`Receipt of erasure ${id} · ${workspace.name}`)
  const asked = useErasure(workspace.id, id)
  const kept = useKept()
  const e = asked.data
  const unknown = asked.error instanceof ApiError && asked.error.status === 404
  return (
    <>
      <div className="receipt-top">
        <Link className="quiet-link" href={privacyPath(workspace.id, 'erasures')}>
          ← All erasures
        </Link>
        {e && (
          <div className="controls">
            <CopyButton className="ctl" icon text={() => JSON.stringify(e.source, null, 2)}>
              Copy as JSON
            </CopyButton>
            <button type="button" className="ctl" onClick={() => window.print()}>
              Print
            </button>
          </div>
        )}
      </div>
      {e && !kept.isPending ? (
        <Receipt erasure={e} places={kept.data?.places ?? []} workspace={workspace} sites={sites} who={who} />
      ) : unknown ? (
        <section className="settings plain-box">
          <p>There is no erasure with this number in a workspace of yours.</p>
        </section>
      ) : asked.isError && !e ? (
        <div className="settings">
          <Problem error={asked.error} retry={() => void asked.refetch()} retrying={asked.isFetching} what="receipt" />
        </div>
      ) : (
        <Waiting label="Loading the receipt" sections={[4, 5, 3]} />
      )}
    </>
  )
}

interface LoadedProps extends Omit<ReceiptProps, 'id'> {
  erasure: Erasure
  places: KeptPlace[]
}

function Receipt({ erasure: e, places, workspace, sites, who }: LoadedProps): ReactElement {
  const zone = ownZone()
  const { tag, word } = stateTag(e, new Date())
  return (
    <>
      <Section title={`Receipt of erasure ${e.id}`} note="It names nobody: what was typed is not kept.">
        <Line label="Erased">
          {about(e, sites)}
          {e.receipt.subject.length > 0 && <Hashes of={e.receipt.subject} sites={sites} />}
        </Line>
        <Line label="On">
          {siteNames(e.siteIds, sites)}
          <small>in the workspace {workspace.name}</small>
        </Line>
        <Line label="Asked for">
          {momentText(new Date(e.requestedAt), zone)}
          <small>by {who(e.requestedBy)}</small>
        </Line>
        <Line label="State">
          <span className={tag}>{word}</span>
          {!e.doneAt && <small>due {dayText(dueAt(e), zone)}</small>}
          {e.problem && (
            <small className="bad-ink">
              {e.problem}
              {e.nextTryAt && ` Next attempt: ${momentText(new Date(e.nextTryAt), zone)}.`}
            </small>
          )}
        </Line>
      </Section>
      <FoundSection erasure={e} places={places} sites={sites} />
      <Section title="When it was gone">
        <ol className="timeline">
          {steps(e).map((s) => (
            <TimelineStep key={s.title} step={s} />
          ))}
          {e.watchedUntil && <TimelineStep step={{ title: 'Looked again since, the last time', note: `Now and then until ${dayText(new Date(e.watchedUntil), zone)}, for what a machine that was cut off still had.`, at: e.receipt.lookedAgain }} />}
        </ol>
      </Section>
      <LaterSection erasure={e} />
      <WaitsSection erasure={e} />
      <p className="state">Times are in your time zone, {zoneText(zone, new Date())}.</p>
    </>
  )
}

function Hashes({ of, sites }: { of: Erasure['receipt']['subject']; sites: Site[] }): ReactElement {
  return (
    <small>
      {of.map((s) => (
        <span key={s.siteId} className="hash">
          Hash under the key of {siteNames([s.siteId], sites)}: <code>{s.hash}</code>
        </span>
      ))}
    </small>
  )
}

function TimelineStep({ step: s }: { step: Step }): ReactElement {
  return (
    <li className={s.at ? 'reached' : undefined}>
      <b>{s.title}</b>
      {s.at ? <time dateTime={s.at}>{secondText(new Date(s.at), ownZone())}</time> : <span className="dim">not yet</span>}
      <small>{s.note}</small>
    </li>
  )
}
