// The band on top: how many came how far, and why the others did not come to the next step.
import type { ReactElement } from 'react'
import { Link } from 'wouter'
import { levels, type Leaf, type Level, type Reconciliation } from '../../api/reconciliation'
import { count } from '../../format/number'
import { valuesText } from './amounts'
import { stateName } from './StateChip'

const labels: Record<Level, string> = { tracked: 'Tracked', attributed: 'Attributed', eligible: 'Eligible', sent: 'Sent', received: 'Received', accepted: 'Accepted' }
const means: Record<Level, string> = {
  tracked: 'Sales and goals; one that goes to two actions counts for each',
  attributed: 'An ad click is known, or the action takes them without',
  eligible: 'No gate keeps them',
  sent: 'Sent to Google at least once',
  received: 'Google has said something about them',
  accepted: 'Google counts them',
}

interface BandProps {
  sums: Reconciliation
  currency: string
  /** leafAddress filters the list by a reason. */
  leafAddress: (leaf: Leaf) => string
}

export function Band({ sums, currency, leafAddress }: BandProps): ReactElement {
  return (
    <ol className="chain" aria-label="How far they came">
      {levels.map((level, i) => {
        const lost = sums.leaves.filter((l) => i > 0 && l.level === levels[i - 1])
        const figure = sums.levels[level]
        return (
          <li key={level} title={means[level]}>
            <span className="label">{labels[level]}</span>
            <span className="value">{count(figure.count)}</span>
            <span className="sub">{valuesText(figure.values, currency)}</span>
            <Lost leaves={lost} leafAddress={leafAddress} />
          </li>
        )
      })}
    </ol>
  )
}

/** MOST are shown by name; the others are added up. */
const MOST = 4

function Lost({ leaves, leafAddress }: { leaves: Leaf[]; leafAddress: BandProps['leafAddress'] }): ReactElement | null {
  if (leaves.length === 0) return null
  const sorted = [...leaves].sort((a, b) => b.count - a.count)
  const rest = sorted.slice(MOST)
  return (
    <ul className="lost" aria-label="Lost before it">
      {sorted.slice(0, MOST).map((l) => {
        return (
          <li key={`${l.state} ${l.reason}`} className={toneOfLeaf(l)}>
            <Link href={leafAddress(l)}>
              <b>{count(l.count)}</b> {lostWords(l)}
            </Link>
          </li>
        )
      })}
      {rest.length > 0 && (
        <li>
          <span>
            <b>{count(rest.reduce((sum, l) => sum + l.count, 0))}</b> for {rest.length} more reasons
          </span>
        </li>
      )}
    </ul>
  )
}

function toneOfLeaf(l: Leaf): string | undefined {
  if (l.state === 'rejected' || l.reasonClass === 'ours') return 'bad'
  return l.reasonClass === 'customer' ? 'warn' : undefined
}

function lostWords(l: Leaf): string {
  if (l.state === 'rejected' || (l.state === 'waiting' && l.reasonClass === 'gate')) return `${l.state}: ${l.reasonWords || l.reason}`
  return l.reasonWords || stateName(l.state)
}
