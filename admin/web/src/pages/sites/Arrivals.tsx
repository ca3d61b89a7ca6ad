import type { ReactElement } from 'react'
import { useFreshness, useStats } from '../../api/stats'
import type { Site } from '../../api/types'
import { useNow } from '../../app/useNow'
import { Skeleton } from '../../components/Skeleton'
import { momentText, ownZone, sinceText } from '../../format/moment'
import { count } from '../../format/number'

/** LastEvent is when a site's newest event happened. */
export function LastEvent({ site }: { site: Site }): ReactElement {
  const fresh = useFreshness(site.publicKey)
  if (fresh.isPending) return <Skeleton width={60} />
  if (fresh.isError) return <span className="dim">not known now</span>
  if (!fresh.data.lastEventAt) return <span className="tag">Waiting for the first</span>
  const at = new Date(fresh.data.lastEventAt)
  return (
    <time dateTime={fresh.data.lastEventAt} title={momentText(at, ownZone())}>
      {sinceText(at, new Date(), ownZone())}
    </time>
  )
}

/** EventsToday counts since the midnight of the site. */
export function EventsToday({ site }: { site: Site }): ReactElement {
  const { date } = useNow(site.timeZone)
  const asked = useStats({ site_id: site.publicKey, metrics: ['events'], date_range: [date, date] })
  if (asked.isPending) return <Skeleton width={60} />
  if (asked.isError) return <span className="dim">not known now</span>
  return <>{count(Number(asked.data.rows[0]?.metrics[0] ?? 0))}</>
}
