import { useQueryClient } from '@tanstack/react-query'
import type { ReactElement } from 'react'
import { moveSite, useSitesOf, type ListedSite } from '../../api/siteSettings'
import type { Workspace } from '../../api/types'
import { Section } from '../../components/Section'
import { dayText, momentText, ownZone } from '../../format/moment'
import { sentence } from '../../forms/problems'
import { useSend } from '../../forms/useSend'

/** PutAway lists the sites that take no events: archived ones, and deleted ones while they can be taken back. */
export function PutAway({ workspace }: { workspace: Workspace }): ReactElement | null {
  const archived = useSitesOf(workspace.id, 'archived')
  const deleted = useSitesOf(workspace.id, 'deleted')
  const client = useQueryClient()
  const moving = useSend(
    (site: ListedSite) => moveSite(site.publicKey, site.state === 'deleted' ? 'restore' : 'unarchive'),
    () => Promise.all([client.invalidateQueries({ queryKey: ['sites'] }), client.invalidateQueries({ queryKey: ['me'] })]),
  )
  const sites = [...(archived.data ?? []), ...(deleted.data ?? [])]
  if (sites.length === 0) return null
  return (
    <Section title="Archived and deleted">
      <ul className="records wide">
        {sites.map((s) => (
          <li key={s.id}>
            <div>
              <b>{s.name}</b> <span className={s.state === 'deleted' ? 'tag warn' : 'tag'}>{s.state === 'deleted' ? 'Deleted' : 'Archived'}</span>
              <small>
                {s.hostname} · {since(s)}
              </small>
            </div>
            <button type="button" className="link" aria-label={`${s.state === 'deleted' ? 'Take back' : 'Take events again'}: ${s.name}`} onClick={() => moving.run(s)}>
              {s.state === 'deleted' ? 'Take back' : 'Take events again'}
            </button>
          </li>
        ))}
      </ul>
      {moving.error && (
        <p className="form-status bad" role="alert">
          {sentence(moving.error)}
        </p>
      )}
    </Section>
  )
}

function since(s: ListedSite): string {
  const zone = ownZone()
  if (s.state === 'deleted') return s.eraseAfter ? `erased for good on ${momentText(new Date(s.eraseAfter), zone)}` : 'being erased'
  return s.archivedAt ? `takes no events since ${dayText(new Date(s.archivedAt), zone)}` : 'takes no events'
}
