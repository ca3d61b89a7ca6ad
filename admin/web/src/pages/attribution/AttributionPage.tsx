// Which campaign sold: every model side by side, and what another look-back would change.
import { useState, type ReactElement } from 'react'
import { useLocation, useSearch } from 'wouter'
import { useAttribution, type By, type ModelReport } from '../../api/attribution'
import type { Site, Workspace } from '../../api/types'
import { attributionPath } from '../../app/paths'
import { useNow } from '../../app/useNow'
import { usePageTitle } from '../../app/usePageTitle'
import { Problem } from '../../components/Problem'
import { Segments } from '../../components/Segments'
import { Skeleton } from '../../components/Skeleton'
import { shortMoney } from '../../format/money'
import { zoneText } from '../../format/moment'
import { counted } from '../../format/number'
import { parseChoice, putChoice } from '../../range/address'
import { RangePicker } from '../../range/RangePicker'
import { defaultChoice, isDefault, resolve, type RangeChoice } from '../../range/range'
import { LookbackTrial } from './LookbackTrial'

const models = [
  { id: 'last_click', label: 'Last click' },
  { id: 'first_click', label: 'First click' },
  { id: 'linear', label: 'Linear' },
  { id: 'time_decay', label: 'Time decay' },
  { id: 'position_based', label: 'Position based' },
] as const

export function AttributionPage({ site, workspace }: { site: Site; workspace: Workspace }): ReactElement {
  usePageTitle(`Attribution · ${site.name}`)
  const query = new URLSearchParams(useSearch())
  const [, navigate] = useLocation()
  const [picking, setPicking] = useState(false)
  const now = useNow(site.timeZone)
  const choice = parseChoice(query) ?? defaultChoice
  const by: By = query.get('by') === 'source' ? 'source' : 'campaign'
  const range = resolve(choice, now.date)
  const report = useAttribution(site.publicKey, range, by)
  const choose = (change: { choice?: RangeChoice; by?: By }) => {
    const next = { choice, by, ...change }
    const q = new URLSearchParams()
    putChoice(q, isDefault(next.choice) ? null : next.choice)
    if (next.by === 'source') q.set('by', 'source')
    navigate(attributionPath(site) + (q.size > 0 ? `?${q}` : ''))
  }
  return (
    <div className="attribution-page">
      <div className="top">
        <h1>Attribution</h1>
        <div className="controls">
          <RangePicker of={{ site, now, choice, range, firstDay: false, update: choose }} open={picking} setOpen={setPicking} />
        </div>
      </div>
      <p className="lead">What each model says sold: sales are shared among the ad clicks before them. Uploads to Google follow the last click.</p>
      <section className="panel" aria-labelledby="models-title" aria-busy={report.isFetching}>
        <header>
          <h2 id="models-title">Models side by side</h2>
          <Segments<By> label="By" value={by} onChange={(next) => choose({ by: next })} options={[{ id: 'campaign', label: 'Campaign' }, { id: 'source', label: 'Source' }]} />
        </header>
        {report.data ? (
          <div className={report.isPlaceholderData ? 'stale' : undefined}>
            <Models report={report.data} by={by} currency={site.currency} />
          </div>
        ) : report.isError ? (
          <Problem error={report.error} retry={() => void report.refetch()} retrying={report.isFetching} />
        ) : (
          <div className="waiting-lines" aria-label="Loading the models">
            {[80, 72, 76, 68].map((width, i) => (
              <Skeleton key={i} width={width} />
            ))}
          </div>
        )}
      </section>
      <LookbackTrial site={site} workspace={workspace} />
      <p className="state">Days are those of {zoneText(site.timeZone, new Date())}. Time decay halves in seven days; position based gives the first and the last click most.</p>
    </div>
  )
}

function Models({ report, by, currency }: { report: ModelReport; by: By; currency: string }): ReactElement {
  if (report.rows.length === 0) {
    return (
      <p className="nothing">
        {report.direct.count > 0 ? `${counted(report.direct.count, 'sale')} in these days, and no ad click is known before any of them.` : 'No sale in these days.'}
      </p>
    )
  }
  const most = Math.max(...report.rows.flatMap((r) => models.map((m) => Number(r.models[m.id]?.sales ?? 0))), 0)
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label="Models by row">
      <table className="models">
        <caption className="sr-only">Sales and their value by {by} and model</caption>
        <thead>
          <tr>
            <th scope="col">{by === 'campaign' ? 'Campaign' : 'Source'}</th>
            {models.map((m) => (
              <th key={m.id} scope="col">
                {m.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {report.rows.map((r) => (
            <tr key={r.name}>
              <th scope="row">{r.name || '(not named)'}</th>
              {models.map((m) => {
                const share = r.models[m.id]
                return (
                  <td key={m.id}>
                    <span className="model-bar" style={{ width: `${most > 0 ? (Number(share?.sales ?? 0) / most) * 100 : 0}%` }} aria-hidden="true" />
                    <b>{salesText(share?.sales ?? '0')}</b>
                    <small>{Object.entries(share?.values ?? {}).map(([c, amount]) => shortMoney(amount, c)).join(' + ') || shortMoney('0', currency)}</small>
                  </td>
                )
              })}
            </tr>
          ))}
        </tbody>
      </table>
      {report.direct.count > 0 && <p className="table-foot">{counted(report.direct.count, 'sale')} without an ad click before {report.direct.count === 1 ? 'it' : 'them'}, besides.</p>}
    </div>
  )
}

/** salesText writes shares of sales with two decimals where they are not whole. */
export function salesText(sales: string): string {
  const n = Number(sales)
  return n.toLocaleString('en', { minimumFractionDigits: Number.isInteger(n) ? 0 : 2, maximumFractionDigits: 2 })
}
