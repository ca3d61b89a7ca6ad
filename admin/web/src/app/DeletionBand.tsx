import { useQueryClient } from '@tanstack/react-query'
import type { ReactElement } from 'react'
import { accountKey, keepAccount } from '../api/account'
import { Icon } from '../components/icons'
import { momentText, ownZone, zoneText } from '../format/moment'
import { useSend } from '../forms/useSend'

/** DeletionBand tells above a page that the account will be gone, and takes it back. */
export function DeletionBand({ after }: { after: string }): ReactElement {
  const at = new Date(after)
  return (
    <div className="band" role="status">
      <Icon name="alert" />
      <p>
        Your account will be deleted on {momentText(at, ownZone())}, {zoneText(ownZone(), at)}.
      </p>
      <KeepButton />
    </div>
  )
}

export function KeepButton(): ReactElement {
  const client = useQueryClient()
  const keeping = useSend(keepAccount, () =>
    Promise.all([client.invalidateQueries({ queryKey: accountKey }), client.invalidateQueries({ queryKey: ['me'] })]),
  )
  return (
    <>
      <button type="button" className="ctl" aria-busy={keeping.pending} onClick={() => keeping.run()}>
        Keep my account
      </button>
      {keeping.error && <span role="alert">{keeping.error.message}</span>}
    </>
  )
}
