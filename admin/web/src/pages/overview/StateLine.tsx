import type { ReactElement } from 'react'
import { CopyButton } from '../../components/CopyButton'
import { rangeText, zoneOffset } from '../../format/date'
import { asCurl, totalsQuery } from './requests'
import type { Overview } from './useOverview'

/** StateLine says at the foot what the figures mean: zone, currency, what is left out, range. */
export function StateLine({ overview, onKeys }: { overview: Overview; onKeys: () => void }): ReactElement {
  const { site, range, compared, open, scope } = overview
  const offset = zoneOffset(site.timeZone, new Date())
  const facts = [
    offset && offset !== site.timeZone ? `${site.timeZone} (${offset})` : site.timeZone,
    site.currency,
    'bots left out',
    rangeText(range) + (open ? ', today so far' : ''),
    ...(compared ? [`compared with ${rangeText(compared)}${open ? ', whole days' : ''}`] : []),
  ]
  return (
    <footer className="state">
      <span>{facts.join(' · ')}</span>
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
