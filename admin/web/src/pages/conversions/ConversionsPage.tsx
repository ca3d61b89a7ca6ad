// Every sale, and where it is on its way to Google.
import type { UseQueryResult } from '@tanstack/react-query'
import { useState, type ReactElement } from 'react'
import { Link, useLocation, useSearch } from 'wouter'
import { useReconciliation, type Leaf, type Reconciliation } from '../../api/reconciliation'
import type { Site, Workspace } from '../../api/types'
import { conversionsPath, workspacePath } from '../../app/paths'
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
import { asFilter, readChosen, writeChosen, type Chosen } from './filter'
import { ListSection } from './ListSection'

export function ConversionsPage({ site, workspace }: { site: Site; workspace: Workspace }): ReactElement {
  usePageTitle(`Conversions · ${site.name}`)
  const chosen = readChosen(new URLSearchParams(useSearch()))
  const [, navigate] = useLocation()
  const now = useNow(site.timeZone)
  const [picking, setPicking] = useState(false)
  const choice = chosen.choice ?? defaultChoice
  const range = resolve(choice, now.date)
  const sums = useReconciliation(site.publicKey, range)
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
        <p className="lead">Every sale, and where it is on its way to Google Ads.</p>
        <Top sums={sums} currency={site.currency} address={address} />
        <div hidden={sums.isPending}>
          <ListSection site={site} chosen={chosen} choose={choose} address={address} filter={asFilter(chosen, site, range)} sums={sums.data} manages={may(workspace.role, 'manage_uploads')} nothing={<NoneYet sums={sums.data} workspace={workspace} />} />
          <p className="state">
            Days and times are those of {zoneText(site.timeZone, new Date())}. A sale counts on the day it was sold, so that figures of past days change while Google decides. Renewed every 10 seconds.
          </p>
          {!sums.isPending && <ChecksSection site={site} />}
        </div>
      </div>
      {chosen.id && <Drawer site={site} id={chosen.id} close={close} />}
    </div>
  )
}

interface TopProps {
  sums: UseQueryResult<Reconciliation>
  currency: string
  address: (change: Partial<Chosen>) => string
}

/** Top has no height that is known before, so that what stands below waits for it. */
function Top({ sums, currency, address }: TopProps): ReactElement {
  if (sums.data) {
    return (
      <div key="band" className={sums.isPlaceholderData ? 'stale' : undefined}>
        <Band sums={sums.data} currency={currency} leafAddress={(leaf) => leafAddress(leaf, address)} />
      </div>
    )
  }
  if (sums.isPending) {
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

/** leafAddress is null for sales of which no conversion was made: they are in no list. */
function leafAddress(leaf: Leaf, address: (change: Partial<Chosen>) => string): string | null {
  if (leaf.state === '') return null
  return address({ show: 'all', state: leaf.state, reason: leaf.reason, search: '', id: '' })
}

/** NoneYet says what is missing, from the beginning of the way: a sale, an action, or nothing. */
function NoneYet({ sums, workspace }: { sums: Reconciliation | undefined; workspace: Workspace }): ReactElement {
  const tracked = sums?.levels.tracked.count ?? 0
  return (
    <div className="nothing teaches">
      {tracked > 0 ? (
        <>
          <p>
            <b>Sales have come in, and none of them goes to Google yet.</b>
          </p>
          <p>An account of Google Ads has to be connected, and a conversion action chosen for the sales of this site. From then on every sale stands here, with where it is and why.</p>
          {may(workspace.role, 'manage_uploads') && (
            <Link className="ctl" href={workspacePath(workspace.id, 'google')}>
              Google Ads
            </Link>
          )}
        </>
      ) : (
        <>
          <p>
            <b>No sale in these days.</b>
          </p>
          <p>A sale is an event that your shop reports with an amount and an order id. It finds the ad click that led to it by itself. If there were sales, choose more days above.</p>
        </>
      )}
    </div>
  )
}
