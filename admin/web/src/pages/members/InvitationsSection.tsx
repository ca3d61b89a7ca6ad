import type { ReactElement } from 'react'
import { resendInvitation, revokeInvitation, type Invitation } from '../../api/workspaces'
import { Section } from '../../components/Section'
import { dayText, momentText, ownZone, sinceText } from '../../format/moment'
import { sentence, waitText } from '../../forms/problems'
import { useSend } from '../../forms/useSend'
import { ApiError } from '../../api/client'
import { roleName } from '../../roles/roles'

interface InvitationsProps {
  workspace: string
  invitations: Invitation[]
  changed: () => Promise<void>
  invite: () => void
}

/** InvitationsSection lists who was asked and has not come yet. */
export function InvitationsSection({ workspace, invitations, changed, invite }: InvitationsProps): ReactElement {
  const resending = useSend((id: string) => resendInvitation(workspace, id), changed)
  const revoking = useSend((id: string) => revokeInvitation(workspace, id), changed)
  const error = resending.error ?? revoking.error
  return (
    <Section title="Invited" note="Links are good for a week, once, and for an account of the invited address alone.">
      {invitations.length === 0 && (
        <p className="table-foot">
          Nobody is waiting.{' '}
          <button type="button" className="link" onClick={invite}>
            Invite somebody
          </button>
        </p>
      )}
      <ul className="records wide">
        {invitations.map((i) => (
          <InvitationLine key={i.id} invitation={i} resend={() => resending.run(i.id)} revoke={() => revoking.run(i.id)} />
        ))}
      </ul>
      {error && (
        <p className="form-status bad" role="alert">
          {sentence(error)}
          {error instanceof ApiError && error.retryAfterMs !== null && ` Try again in ${waitText(error.retryAfterMs)}.`}
        </p>
      )}
    </Section>
  )
}

function InvitationLine({ invitation: i, resend, revoke }: { invitation: Invitation; resend: () => void; revoke: () => void }): ReactElement {
  const zone = ownZone()
  const ends = new Date(i.expiresAt)
  const over = ends.getTime() <= Date.now()
  return (
    <li>
      <div>
        <b>{i.email}</b> {over && <span className="tag warn">Expired</span>}
        <small>
          <span className="capital">{roleName(i.role)}</span> · sent {sinceText(new Date(i.sentAt), new Date(), zone)} · <time dateTime={i.expiresAt} title={momentText(ends, zone)}>{over ? `was good until ${dayText(ends, zone)}` : `good until ${dayText(ends, zone)}`}</time>
        </small>
      </div>
      <span className="record-actions">
        <button type="button" className="link" aria-label={`Send again to ${i.email}`} onClick={resend}>
          Send again
        </button>
        <button type="button" className="link" aria-label={`Revoke the invitation of ${i.email}`} onClick={revoke}>
          Revoke
        </button>
      </span>
    </li>
  )
}
