// Joins the overview's state (the address) with its site and clock into what the parts need.
import { useCallback, useMemo } from 'react'
import { useLocation, useSearch } from 'wouter'
import type { Filter, Site } from '../../api/types'
import { useNow } from '../../app/useNow'
import type { ZonedTime } from '../../range/date'
import { preferred, type Interval } from '../../range/interval'
import { compared, defaultChoice, firstDayChoice, includes, isDefault, resolve, type Range, type RangeChoice } from '../../range/range'
import type { Scope } from './requests'
import { formatState, parseState, type OverviewState } from './state'
import { useFirstDay } from './useFirstDay'

export interface Overview {
  site: Site
  now: ZonedTime
  state: OverviewState
  /** choice is the range as chosen, or the default. */
  choice: RangeChoice
  /** firstDay tells that today was taken as the range, since there is nothing before it. */
  firstDay: boolean
  /** deciding is true until it is known which default holds. */
  deciding: boolean
  range: Range
  compared: Range | null
  interval: Interval
  /** open tells whether the range contains today, so that its figures still move. */
  open: boolean
  scope: Scope
  update: (change: Partial<OverviewState>) => void
  setFilters: (filters: Filter[]) => void
}

export function useOverview(site: Site): Overview {
  const search = useSearch()
  const [path, navigate] = useLocation()
  const now = useNow(site.timeZone)
  const state = useMemo(() => parseState(search), [search])
  const { firstDay, deciding, hasHistory } = useFirstDay(site, now, state.choice === null)

  const update = useCallback(
    (change: Partial<OverviewState>) => {
      // The address is read at the time of the change: two changes in one moment both hold.
      const next = { ...parseState(location.search), ...change }
      // What goes without saying is left out only where it surely does.
      const query = formatState({ ...next, choice: hasHistory && next.choice && isDefault(next.choice) ? null : next.choice })
      navigate(query ? `${path}?${query}` : path)
    },
    [navigate, path, hasHistory],
  )

  return useMemo(() => {
    const choice = state.choice ?? (firstDay ? firstDayChoice : defaultChoice)
    const range = resolve(choice, now.date)
    const against = compared(range, state.comparison, state.matchWeekday)
    return {
      site,
      now,
      state,
      choice,
      firstDay,
      deciding,
      range,
      compared: against,
      interval: preferred(range, state.interval),
      open: includes(range, now.date),
      scope: { siteKey: site.publicKey, range, compared: against, filters: state.filters, bots: state.bots },
      update,
      setFilters: (filters: Filter[]) => update({ filters }),
    }
  }, [site, now, state, firstDay, deciding, update])
}
