// Every sale, and where it is on its way to Google.
import type { UseQueryResult } from '@tanstack/react-query'
import { useState, type ReactElement } from 'react'
import { useLocation, useSearch } from 'wouter'
import { useDestinations } from '../../api/destinations'
import { useReconciliation, type Leaf, type Reconciliation } from '../../api/reconciliation'
import type { Site, Workspace } from '../../api/types'
import { conversionsPath } from '../../app/paths'
import { useNow } from '../../app/useNow'
import { usePageTitle } from '../../app/usePageTitle'
import { Problem } from '../../components/Problem'
import { Skeleton } from '../../components/Skeleton'
import { zoneText } from '../../format/moment'
import { RangePicker } from '../../range/RangePicker'
import { defaultChoice, isDefault, resolve } from '../../range/range'
import { may } from '../../roles/roles'
import { Band } from './Band'
import { ChecksSection } from './ChecksSection'
import { Drawer } from './Drawer'
import { asFilter, NOTHING_CHOSEN, readChosen, writeChosen, type Chosen } from './filter'
import { Lead } from './Lead'
import { ListSection } from './ListSection'
import { Nothing } from './Nothing'

export function ConversionsPage({ site, workspace }: { site: Site; workspace: Workspace }): ReactElement {
  usePageTitle(`Conversions · ${site.name}`)
  const chosen = readChosen(new URLSearchParams(useSearch()))
  const [, navigate] = useLocation()
  const now = useNow(site.timeZone)
  const [picking, setPicking] = useState(false)
  const choice = chosen.choice ?? defaultChoice
  const range = resolve(choice, now.date)
  const sums = useReconciliation(site.publicKey, range)
  const to = useDestinations(site.publicKey)
  const loading = sums.isPending || to.isPending
  const address = (change: Partial<Chosen>) => {
    const next = { ...readChosen(new URLSearchParams(location.search)), ...change }
    const query = writeChosen({ ...next, choice: next.choice && isDefault(next.choice) ? null : next.choice }).toString()
    return conversionsPath(site) + (query && `?${query}`)
  }
  const choose = (change: Partial<Chosen>) => navigate(address(change), { replace: 'search' in change })
  const close = () => {
    const id = readChosen(new URLSearchParams(location.search)).id
    choose({ id: '' })
    document.querySelector<HTMLElement>(`[data-conversion="${id}"]`)?.focus()
  }
  return (
    <div className={chosen.id ? 'conversions-page with-drawer' : 'conversions-page'}>
      <div className="conversions-main">
        <div className="top">
          <h1>Conversions</h1>
          <div className="controls">
            <RangePicker of={{ site, now, choice, range, firstDay: false, update: choose }} open={picking} setOpen={setPicking} />
          </div>
        </div>
        <Lead to={to.data} workspace={workspace} zone={site.timeZone} />
        <Top sums={sums} loading={loading} currency={site.currency} address={address} />
        <div hidden={loading}>
          <ListSection
            site={site}
            range={range}
            chosen={chosen}
            choose={choose}
            address={address}
            filter={asFilter(chosen, site, range)}
            sums={sums.data}
            manages={may(workspace.role, 'manage_uploads')}
            nothing={<Nothing site={site} workspace={workspace} chosen={chosen} choose={choose} to={to.data} />}
          />
          <p className="state">
            Days and times are those of {zoneText(site.timeZone, new Date())}. A sale counts on the day it was sold, so that figures of past days change while Google decides. What needs a person or is searched is found on whatever day it was sold. Renewed every 10 seconds.
          </p>
          {!sums.isPending && <ChecksSection site={site} />}
        </div>
      </div>
      {chosen.id && <Drawer site={site} id={chosen.id} address={(id) => address({ id })} close={close} />}
    </div>
  )
}

interface TopProps {
  sums: UseQueryResult<Reconciliation>
  loading: boolean
  currency: string
  address: (change: Partial<Chosen>) => string
}

/** Top has no height that is known before, so that what stands below waits for it. */
function Top({ sums, loading, currency, address }: TopProps): ReactElement {
  if (sums.data && !loading) {
    return (
      <div key="band" className={sums.isPlaceholderData ? 'stale' : undefined}>
        <Band sums={sums.data} currency={currency} leafAddress={(leaf) => leafAddress(leaf, address)} />
      </div>
    )
  }
  if (loading || !sums.error) {
    return (
      <div key="waiting" className="panel waiting-lines" aria-busy="true" aria-label="Loading what became of the sales">
        {[30, 46, 38, 82, 74, 88, 70, 80].map((width, i) => (
          <Skeleton key={i} width={width} />
        ))}
      </div>
    )
  }
  return (
    <div key="failed" className="panel chain-failed">
      <Problem error={sums.error} retry={() => void sums.refetch()} retrying={sums.isFetching} what="sum" />
    </div>
  )
}

/** leafAddress narrows the list to those that were lost for one reason. */
function leafAddress(leaf: Leaf, address: (change: Partial<Chosen>) => string): string {
  return address({ ...NOTHING_CHOSEN, state: leaf.state || 'none', reason: leaf.reason, id: '' })
}
