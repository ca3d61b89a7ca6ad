import type { ReactElement } from 'react'
import { useLastEntry, type AuditEntry } from '../api/audit'
import { useMembers, type Member } from '../api/workspaces'
import { ownZone, sinceText } from '../format/moment'

interface WhoChangedProps {
  workspace: string
  /** action is what somebody else has done, in the words of the audit; about is to what. */
  action: string
  about?: string
  /** reload shows what stands there now; what was typed is lost with that. */
  reload: () => unknown
}

/** WhoChanged says below a form who else has changed the same, and offers to look at that. */
export function WhoChanged({ workspace, action, about, reload }: WhoChangedProps): ReactElement {
  const last = useLastEntry(workspace, about ? { action, about } : { action })
  const members = useMembers(workspace)
  return (
    <div className="notice conflict" role="status">
      <p>
        {last.data ? `Changed by ${doer(last.data, members.data ?? [])}, ${sinceText(new Date(last.data.at), new Date(), ownZone())}.` : 'Somebody changed this while you were here.'} Nothing of yours was saved.
      </p>
      <button type="button" className="notice-action" onClick={() => void reload()}>
        Show what stands there now
      </button>
    </div>
  )
}

/** doer is who did something, in words. */
export function doer(entry: Pick<AuditEntry, 'accountId' | 'person' | 'keyId' | 'operator'>, members: readonly Member[]): string {
  if (entry.accountId) {
    const member = members.find((m) => m.accountId === entry.accountId)
    return member ? member.name || member.email : `Former member ${entry.accountId}`
  }
  if (entry.person) return entry.person.replace('erased', 'Erased')
  if (entry.keyId) return `API key ${entry.keyId}`
  if (entry.operator) return `Operator ${entry.operator}`
  return 'Noctra'
}
