import type { ReactElement } from 'react'
import { CopyButton } from '../../components/CopyButton'
import { rangeText, zoneOffset } from '../../format/date'
import { counted } from '../../format/number'
import type { Range } from '../../range/range'
import { asCurl, totalsQuery } from './requests'
import type { Overview } from './useOverview'
import type { Whole } from './whole'

interface StateLineProps {
  overview: Overview
  whole: Whole
  onKeys: () => void
}

/** StateLine says at the foot what the figures mean: zone, currency, what is left out, range. */
export function StateLine({ overview, whole, onKeys }: StateLineProps): ReactElement {
  const { site, range, open, scope } = overview
  const offset = zoneOffset(site.timeZone, new Date())
  return (
    <footer className="state">
      <ul className="facts">
        <li>{offset && offset !== site.timeZone ? `${site.timeZone} (${offset})` : site.timeZone}</li>
        <li>{site.currency}</li>
        <li>
          <Bots overview={overview} leftOut={whole.botEventsLeftOut} />
        </li>
        <li>
          <Dates range={range} />
          {open ? ', today so far' : ''}
        </li>
        <Compared overview={overview} nothingBefore={whole.nothingBefore} />
      </ul>
      <span className="state-actions">
        <CopyButton text={() => asCurl(totalsQuery(scope), location.origin)} className="quiet-link">
          Copy as API call
        </CopyButton>
        <button type="button" className="quiet-link" onClick={onKeys}>
          Keys <kbd aria-hidden="true">?</kbd>
        </button>
      </span>
    </footer>
  )
}

function Dates({ range }: { range: Range }): ReactElement {
  return <span className="dates">{rangeText(range)}</span>
}

/** Bots says how many events of bots are left out, and switches them in and out again. */
function Bots({ overview, leftOut }: { overview: Overview; leftOut: number | null }): ReactElement {
  const { state, update } = overview
  if (state.bots) {
    return (
      <button type="button" className="quiet-link" title="Leave them out again. “Right now” never counts them." onClick={() => update({ bots: false })}>
        bots counted in
      </button>
    )
  }
  if (leftOut === null) return <>bots left out</>
  const text = `bots left out (${counted(leftOut, 'event')})`
  if (leftOut === 0) return <>{text}</>
  return (
    <button type="button" className="quiet-link" title="Count them in" onClick={() => update({ bots: true })}>
      {text}
    </button>
  )
}

function Compared({ overview, nothingBefore }: { overview: Overview; nothingBefore: boolean }): ReactElement | null {
  const { compared, open } = overview
  if (!compared) return null
  if (nothingBefore) {
    return (
      <li>
        nothing to compare with in <Dates range={compared} />
      </li>
    )
  }
  return (
    <li>
      compared with <Dates range={compared} />
      {open ? ', whole days' : ''}
    </li>
  )
}
