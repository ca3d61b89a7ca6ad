// What people in the data have asked for, copies of the workspace, and what is kept for how long.
import type { ReactElement } from 'react'
import { useCopies, useKept, useRequests } from '../../api/rights'
import type { Workspace } from '../../api/types'
import { usePageTitle } from '../../app/usePageTitle'
import { Problem } from '../../components/Problem'
import { Waiting } from '../../components/Waiting'
import { ownZone, zoneText } from '../../format/moment'
import { CopiesSection } from './CopiesSection'
import { KeptSection } from './KeptSection'
import { RequestsSection } from './RequestsSection'

export function PrivacyPage({ workspace }: { workspace: Workspace }): ReactElement {
  usePageTitle(`Privacy · ${workspace.name}`)
  const requests = useRequests(workspace.id)
  const copies = useCopies(workspace.id)
  const kept = useKept()
  const failed = [requests, copies, kept].find((q) => q.isError && !q.data)
  return (
    <div className="account-page wide-page">
      <div className="top">
        <h1>Privacy</h1>
      </div>
      {failed ? (
        <div className="settings">
          <Problem error={failed.error!} retry={() => void failed.refetch()} retrying={failed.isFetching} what="page" />
        </div>
      ) : requests.data && copies.data && kept.data ? (
        <>
          <RequestsSection workspace={workspace} requests={requests.data} />
          <CopiesSection workspace={workspace} copies={copies.data} />
          <KeptSection places={kept.data} />
          <p className="state">Times are in your time zone, {zoneText(ownZone(), new Date())}.</p>
        </>
      ) : (
        <Waiting label="Loading" sections={[2, 1, 4]} />
      )}
    </div>
  )
}
