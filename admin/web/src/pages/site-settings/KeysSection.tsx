import { useQueryClient } from '@tanstack/react-query'
import { useState, type ReactElement } from 'react'
import { keysKey, useKeys, type Key, type KeyKind } from '../../api/keys'
import type { Site, Workspace } from '../../api/types'
import { Problem } from '../../components/Problem'
import { Section } from '../../components/Section'
import { Waiting } from '../../components/Waiting'
import { EditKeyDialog } from './EditKeyDialog'
import { CreateKeyDialog, RevokeKeyDialog, RotateKeyDialog } from './KeyDialogs'
import { KeyLine } from './KeyLine'

const about: Record<KeyKind, { title: string; note: string; none: string }> = {
  server: { title: 'Server keys', note: 'For programs that send events: pageviews, sales, refunds.', none: 'No program sends events of this site with a key yet.' },
  api: { title: 'API keys', note: 'For programs that read reports.', none: 'No program reads reports of this site yet.' },
}

/** KeysSection has both kinds of keys of a site, shown together, so that neither moves the other. */
export function KeysSection(props: { site: Site; workspace: Workspace }): ReactElement {
  const lists = [useKeys('server', props.site.publicKey), useKeys('api', props.site.publicKey)]
  if (lists.some((l) => l.isPending)) return <Waiting label="Loading the keys" sections={[2, 1]} />
  return (
    <>
      <Keys kind="server" {...props} />
      <Keys kind="api" {...props} />
    </>
  )
}

type Opened = { kind: 'create' } | { kind: 'edit' | 'rotate' | 'revoke'; key: Key }

interface KeysProps {
  kind: KeyKind
  site: Site
  workspace: Workspace
}

function Keys({ kind, site, workspace }: KeysProps): ReactElement {
  const keys = useKeys(kind, site.publicKey)
  const client = useQueryClient()
  const [opened, setOpened] = useState<Opened | null>(null)
  const [all, setAll] = useState(false)
  const { title, note, none } = about[kind]
  const own = (keys.data ?? []).filter((k) => kind === 'server' || (k.workspaceId === workspace.id && (k.allSites || k.siteIds.includes(site.id))))
  const good = own.filter((k) => k.state === 'active')
  const shown = all ? [...good, ...own.filter((k) => k.state !== 'active')] : good
  const dialog = { kind, site, workspace, changed: () => client.invalidateQueries({ queryKey: keysKey(kind, site.publicKey) }), onClose: () => setOpened(null) }
  return (
    <Section title={title} note={note}>
      {keys.isError && !keys.data && <Problem error={keys.error} retry={() => void keys.refetch()} retrying={keys.isFetching} what="list" />}
      {keys.data && shown.length === 0 && <p className="table-foot">{none}</p>}
      <ul className="records wide">
        {shown.map((k) => (
          <KeyLine key={k.id} of={k} edit={() => setOpened({ kind: 'edit', key: k })} rotate={() => setOpened({ kind: 'rotate', key: k })} revoke={() => setOpened({ kind: 'revoke', key: k })} />
        ))}
      </ul>
      <div className="settings-foot foot-line">
        <button type="button" className="ctl" onClick={() => setOpened({ kind: 'create' })}>
          {kind === 'server' ? 'Make a server key' : 'Make an API key'}
        </button>
        {own.length > good.length && (
          <button type="button" className="link" aria-expanded={all} onClick={() => setAll(!all)}>
            {all ? 'Only those that are good' : `Show ${own.length - good.length} more, good no longer`}
          </button>
        )}
      </div>
      {opened?.kind === 'create' && <CreateKeyDialog {...dialog} />}
      {opened?.kind === 'edit' && <EditKeyDialog {...dialog} id={opened.key.id} />}
      {opened?.kind === 'rotate' && <RotateKeyDialog {...dialog} of={opened.key} />}
      {opened?.kind === 'revoke' && <RevokeKeyDialog {...dialog} of={opened.key} />}
    </Section>
  )
}
