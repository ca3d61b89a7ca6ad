// What the page is about: the accounts that the conversions of this site go to, and what keeps them from it.
import type { ReactElement } from 'react'
import { Link } from 'wouter'
import type { Destination, Destinations } from '../../api/destinations'
import type { Workspace } from '../../api/types'
import { workspacePath } from '../../app/paths'
import { momentText } from '../../format/moment'
import { accountNumber } from '../../format/names'
import { may } from '../../roles/roles'

interface LeadProps {
  to: Destinations | undefined
  workspace: Workspace
  zone: string
}

export function Lead({ to, workspace, zone }: LeadProps): ReactElement {
  const accounts = to?.all ?? []
  const manages = may(workspace.role, 'manage_uploads')
  return (
    <p className="lead">
      Every sale, and where it is on its way to Google Ads
      {accounts.map((d, i) => (
        <span key={d.id}>
          {i === 0 ? (accounts.length === 1 && d.transport !== 'file' ? ' account ' : ': ') : i === accounts.length - 1 ? ' and ' : ', '}
          <Account of={d} />
        </span>
      ))}
      .{' '}
      {manages && (
        <Link className="quiet-link" href={workspacePath(workspace.id, 'google')}>
          Google Ads
        </Link>
      )}
      {to && troubles(to, zone).map((words) => (
        <span key={words} className="lead-trouble" role="status">
          {words}
        </span>
      ))}
    </p>
  )
}

function Account({ of: d }: { of: Destination }): ReactElement {
  if (d.transport === 'file') return <b>{d.customerName || 'a file that Google fetches'}</b>
  const number = accountNumber(d.customerId)
  return (
    <>
      <b>{d.customerName || number || 'that is not chosen yet'}</b> {d.customerName && number && <span className="account-number">{number}</span>}
    </>
  )
}

/** troubles say why nothing is sent, or not to one of several. */
export function troubles(to: Destinations, zone: string): string[] {
  if (to.heldAt) return ['Uploads of this workspace are on hold: nothing is sent.']
  if (to.all.length === 0) return [to.connected ? 'No conversion action is chosen for this site: nothing is sent.' : 'No account is connected: nothing is sent.']
  return to.all
    .filter((d) => d.reason !== '')
    .map((d) => {
      const until = d.until ? ` It is tried again at ${momentText(new Date(d.until), zone)}.` : ''
      const whose = to.all.length > 1 ? ` to ${d.customerName || accountNumber(d.customerId) || 'one of them'}` : ''
      return `Nothing is sent${whose}: ${lower(d.reasonWords)}.${until}`
    })
}

/** lower begins a sentence as the part of another; names keep their letter. */
const lower = (words: string): string => (/^Google|^[A-Z]{2}/.test(words) ? words : words.charAt(0).toLowerCase() + words.slice(1))
