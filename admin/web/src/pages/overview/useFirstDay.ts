// Whether a site is in its first day, which decides the range that goes without saying.
import { useFreshness, useHistory } from '../../api/stats'
import type { Site } from '../../api/types'
import { zoned, type PlainDate, type ZonedTime } from '../../range/date'
import { isFirstDay } from '../../range/range'
import { historyQuery } from './requests'

export interface FirstDay {
  /** firstDay tells that all events are of today. */
  firstDay: boolean
  /** deciding is true until that is known. */
  deciding: boolean
  /** hasHistory tells that there surely are earlier events. */
  hasHistory: boolean
}

/** useFirstDay asks for a site's history, if it is wanted and not known already. */
export function useFirstDay(site: Site, now: ZonedTime, wanted: boolean): FirstDay {
  const history = useHistory(historyQuery(site.publicKey, now.date), wanted)
  const newest = useFreshness(site.id).data?.lastEventAt ?? null
  return {
    firstDay: wanted && isFirstDay(history.data, dayOf(newest, site.timeZone), now.date),
    deciding: wanted && history.isPending && history.failureCount === 0,
    hasHistory: history.data === true,
  }
}

function dayOf(moment: string | null, timeZone: string): PlainDate | null {
  const at = new Date(moment ?? NaN)
  return Number.isNaN(at.getTime()) ? null : zoned(at, timeZone).date
}
