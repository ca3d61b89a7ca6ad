// Joins the overview's state (the address) with its site and clock into what the parts need.
import { useCallback, useMemo } from 'react'
import { useLocation, useSearch } from 'wouter'
import type { Filter, Site } from '../../api/types'
import { useNow } from '../../app/useNow'
import type { ZonedTime } from '../../range/date'
import { preferred, type Interval } from '../../range/interval'
import { compared, includes, resolve, type Range } from '../../range/range'
import type { Scope } from './requests'
import { formatState, parseState, type OverviewState } from './state'

export interface Overview {
  site: Site
  now: ZonedTime
  state: OverviewState
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

  const update = useCallback(
    (change: Partial<OverviewState>) => {
      // The address is read at the time of the change: two changes in one moment both hold.
      const query = formatState({ ...parseState(location.search), ...change })
      navigate(query ? `${path}?${query}` : path)
    },
    [navigate, path],
  )

  return useMemo(() => {
    const range = resolve(state.choice, now.date)
    const against = compared(range, state.comparison, state.matchWeekday)
    return {
      site,
      now,
      state,
      range,
      compared: against,
      interval: preferred(range, state.interval),
      open: includes(range, now.date),
      scope: { siteKey: site.publicKey, range, compared: against, filters: state.filters },
      update,
      setFilters: (filters: Filter[]) => update({ filters }),
    }
  }, [site, now, state, update])
}
