// The way to Google Ads: connections, what is sent to which action, and a hold for everything.
import { useQueryClient } from '@tanstack/react-query'
import { useState, type ReactElement } from 'react'
import { useSearchParams } from 'wouter'
import { beginGoogle, googleKey, setHold, useConnections, useMappings, useUploadsHeld } from '../../api/google'
import type { Site, Workspace } from '../../api/types'
import { usePageTitle } from '../../app/usePageTitle'
import { Problem } from '../../components/Problem'
import { Line, Section } from '../../components/Section'
import { Waiting } from '../../components/Waiting'
import { momentText, ownZone, zoneText } from '../../format/moment'
import { sentence } from '../../forms/problems'
import { useSend } from '../../forms/useSend'
import { ActionsSection } from './ActionsSection'
import { ConnectionSection } from './ConnectionSection'
import { FileDialog } from './FileDialog'
import { results, scopeNames } from './words'

export function GooglePage({ workspace, sites }: { workspace: Workspace; sites: Site[] }): ReactElement {
  usePageTitle(`Google Ads · ${workspace.name}`)
  const connections = useConnections(workspace.id)
  const mappings = useMappings(workspace.id)
  const client = useQueryClient()
  const changed = () => client.invalidateQueries({ queryKey: googleKey(workspace.id) })
  const failed = [connections, mappings].find((q) => q.isError && !q.data)
  const open = connections.data?.filter((c) => c.state !== 'disconnected')
  return (
    <div className="account-page wide-page">
      <div className="top">
        <h1>Google Ads</h1>
      </div>
      <Result />
      {failed?.error ? (
        <div className="settings">
          <Problem error={failed.error} retry={() => void failed.refetch()} retrying={failed.isFetching} what="list" />
        </div>
      ) : !open || !mappings.data ? (
        <Waiting label="Loading the connections" sections={[3, 2]} />
      ) : (
        <>
          {open.map((c) => (
            <ConnectionSection key={c.id} workspace={workspace} connection={c} changed={changed} />
          ))}
          <Connect workspace={workspace} first={open.length === 0} changed={changed} />
          {open.length > 0 && <ActionsSection workspace={workspace} sites={sites} connections={open} mappings={mappings.data} changed={changed} />}
          {open.length > 0 && <Hold workspace={workspace} changed={changed} />}
          <p className="state">Times are in your time zone, {zoneText(ownZone(), new Date())}. Noctra uses Google’s data for sending your conversions alone, and counts every access.</p>
        </>
      )}
    </div>
  )
}

/** Result is what came of consenting at Google, as the address says it. */
function Result(): ReactElement | null {
  const [query] = useSearchParams()
  const known = results[query.get('result') ?? '']
  if (!known) return null
  const missing = query.getAll('missing').map((s) => scopeNames[s] ?? s)
  return (
    <p className={known.good ? 'band' : 'notice'} role="status">
      {known.words} {missing.length > 0 && `Missing: ${missing.join(', ')}.`}
    </p>
  )
}

interface PartProps {
  workspace: Workspace
  changed: () => Promise<unknown>
}

function Connect({ workspace, first, changed }: PartProps & { first: boolean }): ReactElement {
  const [file, setFile] = useState(false)
  const begin = useSend(
    () => beginGoogle(workspace.id, ''),
    (url) => location.assign(url),
  )
  return (
    <Section title={first ? 'Connect Google Ads' : 'Another account'} note={first ? 'Sales are sent to the account that your ads run in, so that it bids on what really was sold. Noctra asks for two permissions: sending conversions, and listing your accounts and actions.' : undefined}>
      <Line
        label="By consent at Google"
        action={
          <button type="button" className="ctl primary" aria-busy={begin.pending} onClick={() => begin.run()}>
            {begin.pending ? 'Opening Google…' : 'Connect Google Ads'}
          </button>
        }
        below={begin.error && <p className="form-status bad" role="alert">{sentence(begin.error)}</p>}
      >
        You are led to Google and back. It can be ended here at any time.
      </Line>
      <Line
        label="By a file"
        action={
          <button type="button" className="ctl" onClick={() => setFile(true)}>
            Make a file…
          </button>
        }
      >
        Google fetches a file on a schedule that you set there. It does not say what became of it.
      </Line>
      {file && <FileDialog workspace={workspace} connection={null} changed={changed} onClose={() => setFile(false)} />}
    </Section>
  )
}

function Hold({ workspace, changed }: PartProps): ReactElement {
  const held = useUploadsHeld(workspace.id)
  const hold = useSend((on: boolean) => setHold(workspace.id, on), changed)
  const since = held.data
  return (
    <Section title="All uploads">
      <Line
        label={since ? 'On hold' : 'Running'}
        action={
          <button type="button" className={since ? 'ctl primary' : 'ctl'} aria-busy={hold.pending} disabled={!held.isSuccess} onClick={() => hold.run(!since)}>
            {since ? 'Release' : 'Hold'}
          </button>
        }
        below={hold.error && <p className="form-status bad" role="alert">{sentence(hold.error)}</p>}
      >
        {since ? `Nothing is sent to Google since ${momentText(new Date(since), ownZone())}. What waits is sent when it is released.` : 'Conversions go to Google as soon as they may. A hold keeps all of them until it is released; nothing is lost.'}
      </Line>
    </Section>
  )
}
