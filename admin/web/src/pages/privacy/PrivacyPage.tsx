// The rights of the people in the data: what they asked for, who was erased, what was corrected, copies of
// the workspace, and what is kept for how long.
import type { ReactElement } from 'react'
import { Link } from 'wouter'
import { copiesOfWorkspace } from '../../api/copies'
import { useRequests } from '../../api/rights'
import type { Site, Workspace } from '../../api/types'
import { useMembers, type Member } from '../../api/workspaces'
import { inView } from '../../app/inView'
import { privacyPath, type PrivacySection } from '../../app/paths'
import { usePageTitle } from '../../app/usePageTitle'
import { doer } from '../../audit/WhoChanged'
import { Problem } from '../../components/Problem'
import { Waiting } from '../../components/Waiting'
import { CopiesSection } from '../../copies/CopiesSection'
import { ownZone, zoneText } from '../../format/moment'
import { may } from '../../roles/roles'
import { CorrectionsSection } from './CorrectionsSection'
import { ErasuresSection } from './ErasuresSection'
import { ReceiptPage } from './ReceiptPage'
import { RequestsSection } from './RequestsSection'
import { RetentionSection } from './RetentionSection'

const sections: readonly { id: PrivacySection; label: string; permission: string }[] = [
  { id: 'requests', label: 'Requests', permission: 'manage_rights' },
  { id: 'erasures', label: 'Erasures', permission: 'erase_data' },
  { id: 'corrections', label: 'Corrections', permission: 'manage_rights' },
  { id: 'copies', label: 'Copies', permission: 'manage_rights' },
  { id: 'retention', label: 'What is kept', permission: 'manage_rights' },
]

interface PageProps {
  workspace: Workspace
  sites: Site[]
  section: string
  /** item is the receipt that is looked at. */
  item: string
}

export function PrivacyPage({ workspace, sites, section: asked, item }: PageProps): ReactElement {
  const open = sections.filter((s) => may(workspace.role, s.permission))
  const section = open.find((s) => s.id === asked) ?? open[0]!
  usePageTitle(`${section.label} · ${workspace.name}`)
  const members = useMembers(workspace.id)
  return (
    <div className="account-page wide-page">
      <div className="top">
        <h1>Privacy</h1>
      </div>
      <nav className="section-tabs" aria-label="Privacy of the workspace">
        {open.map((s) => (
          <Link key={s.id} href={privacyPath(workspace.id, s.id)} aria-current={s === section ? 'page' : undefined} ref={s === section ? inView : undefined}>
            {s.label}
          </Link>
        ))}
      </nav>
      {members.isPending ? (
        <Waiting label="Loading" sections={[2, 1]} />
      ) : (
        <Chosen workspace={workspace} sites={sites} section={section.id} item={item} members={members.data ?? []} />
      )}
    </div>
  )
}

interface ChosenProps extends Omit<PageProps, 'section'> {
  section: PrivacySection
  members: Member[]
}

function Chosen({ workspace, sites, section, item, members }: ChosenProps): ReactElement {
  const who = (account: string) => (account ? doer({ accountId: account, keyId: '', operator: '' }, members) : 'Noctra or its operator')
  if (section === 'erasures' && item) return <ReceiptPage workspace={workspace} sites={sites} id={item} who={who} />
  return (
    <>
      {section === 'requests' && <Requests workspace={workspace} />}
      {section === 'erasures' && <ErasuresSection workspace={workspace} sites={sites} who={who} />}
      {section === 'corrections' && <CorrectionsSection sites={sites} who={who} />}
      {section === 'copies' && (
        <CopiesSection of={copiesOfWorkspace(workspace.id)} title="Copies" note="Everything of the workspace with all events of its sites, as CSV and JSON in a zip. Made in the background; mail says when it is ready." who={who} />
      )}
      {section === 'retention' && <RetentionSection sites={sites} />}
      <p className="state">Times are in your time zone, {zoneText(ownZone(), new Date())}.</p>
    </>
  )
}

function Requests({ workspace }: { workspace: Workspace }): ReactElement {
  const requests = useRequests(workspace.id)
  if (requests.data) return <RequestsSection workspace={workspace} requests={requests.data} />
  if (!requests.isError) return <Waiting label="Loading the requests" sections={[2]} />
  return (
    <div className="settings">
      <Problem error={requests.error} retry={() => void requests.refetch()} retrying={requests.isFetching} what="list" />
    </div>
  )
}
