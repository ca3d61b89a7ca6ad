import { useState, type ReactElement } from 'react'
import { Link } from 'wouter'
import { useErasures, type Erasure } from '../../api/erasures'
import type { Site, Workspace } from '../../api/types'
import { privacyPath } from '../../app/paths'
import { Problem } from '../../components/Problem'
import { Section } from '../../components/Section'
import { Waiting } from '../../components/Waiting'
import { dayText, momentText, ownZone } from '../../format/moment'
import { EraseDialog } from './EraseDialog'
import { about, dueAt, siteNames, stateTag } from './erasureWords'

interface ErasuresProps {
  workspace: Workspace
  sites: Site[]
  /** who names a member by account. */
  who: (account: string) => string
}

/** ErasuresSection lists who and what was erased, or is, and begins another. */
export function ErasuresSection({ workspace, sites, who }: ErasuresProps): ReactElement {
  const erasures = useErasures(workspace.id)
  const [opened, setOpened] = useState(false)
  if (erasures.isPending) return <Waiting label="Loading the erasures" sections={[2]} />
  return (
    <Section title="Erasures" note="A person is kept out at once, deleted from every store, and looked for again. Each erasure ends with a receipt that names nobody.">
      {erasures.isError && !erasures.data && <Problem error={erasures.error} retry={() => void erasures.refetch()} retrying={erasures.isFetching} what="list" />}
      {erasures.data?.length === 0 && <p className="table-foot">Nobody was erased yet. Sites and workspaces that were deleted are listed here, too.</p>}
      <ul className="records wide">
        {erasures.data?.map((e) => <ErasureLine key={e.id} erasure={e} workspace={workspace} sites={sites} who={who} />)}
      </ul>
      {erasures.data && (
        <div className="settings-foot">
          {sites.length > 0 ? (
            <button type="button" className="ctl danger-quiet" onClick={() => setOpened(true)}>
              Erase a person…
            </button>
          ) : (
            <span className="hint">A workspace without a site has nobody’s data.</span>
          )}
        </div>
      )}
      {opened && <EraseDialog workspace={workspace} sites={sites} onClose={() => setOpened(false)} />}
    </Section>
  )
}

interface LineProps extends ErasuresProps {
  erasure: Erasure
}

function ErasureLine({ erasure: e, workspace, sites, who }: LineProps): ReactElement {
  const zone = ownZone()
  const { tag, word } = stateTag(e, new Date())
  const end = e.doneAt ? `gone ${momentText(new Date(e.doneAt), zone)}` : `due ${dayText(dueAt(e), zone)}`
  const where = e.scope === 'visitor' ? [siteNames(e.siteIds, sites)] : []
  return (
    <li>
      <div>
        <b>{about(e, sites)}</b> <span className={tag}>{word}</span>
        <small>{[...where, `asked for ${momentText(new Date(e.requestedAt), zone)} by ${who(e.requestedBy)}`, end].join(' · ')}</small>
        {e.problem && (
          <small className="bad-ink">
            {e.problem}
            {e.nextTryAt && ` Next attempt: ${momentText(new Date(e.nextTryAt), zone)}.`}
          </small>
        )}
      </div>
      <Link className="link" href={privacyPath(workspace.id, 'erasures', e.id)} aria-label={`${e.doneAt ? 'Receipt' : 'How far it is'}: erasure ${e.id}`}>
        {e.doneAt ? 'Receipt' : 'How far it is'}
      </Link>
    </li>
  )
}
