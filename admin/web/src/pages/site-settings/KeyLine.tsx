import type { ReactElement } from 'react'
import type { Key } from '../../api/keys'
import { dayText, momentText, ownZone, sinceText } from '../../format/moment'

interface KeyLineProps {
  of: Key
  edit: () => void
  rotate: () => void
  revoke: () => void
}

/** KeyLine is a key: what it is good for, since when, and when it was used last. */
export function KeyLine({ of: k, edit, rotate, revoke }: KeyLineProps): ReactElement {
  return (
    <li>
      <div>
        <b>{k.name}</b> <KeyTag of={k} />
        <small>{facts(k).join(' · ')}</small>
      </div>
      {k.state === 'active' && (
        <span className="record-actions">
          <button type="button" className="link" aria-label={`Change ${k.name}`} onClick={edit}>
            Change
          </button>
          {k.replacedBy === '' && (
            <button type="button" className="link" aria-label={`Rotate ${k.name}`} onClick={rotate}>
              Rotate
            </button>
          )}
          <button type="button" className="link" aria-label={`Revoke ${k.name}`} onClick={revoke}>
            Revoke
          </button>
        </span>
      )}
    </li>
  )
}

function KeyTag({ of: k }: { of: Key }): ReactElement | null {
  if (k.state === 'revoked') return <span className="tag">Revoked</span>
  if (k.state === 'expired') return <span className="tag">Expired</span>
  return k.replacedBy ? <span className="tag warn">Being replaced</span> : null
}

function facts(k: Key): string[] {
  const zone = ownZone()
  return [
    k.lastUsedAt ? `used ${sinceText(new Date(k.lastUsedAt), new Date(), zone)}` : 'not used yet',
    k.allSites ? 'all sites of the workspace' : k.siteIds.length > 1 ? `${k.siteIds.length} sites` : 'this site',
    ...(k.signature === 'required' ? ['signed requests alone'] : []),
    ...k.scopes,
    `made ${dayText(new Date(k.createdAt), zone)}${k.createdBy ? ` by ${k.createdBy}` : ''}`,
    ...(k.expiresAt ? [`good until ${momentText(new Date(k.expiresAt), zone)}`] : []),
  ]
}
