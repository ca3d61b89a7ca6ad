import type { ReactElement } from 'react'
import { Link } from 'wouter'
import type { Conversion } from '../../api/conversions'
import { clockText, day } from '../../format/date'
import { zoned } from '../../range/date'
import { spanText, worthOf } from './amounts'
import { StateChip } from './StateChip'

export interface RowsProps {
  conversions: readonly Conversion[]
  zone: string
  /** open is the conversion that is looked at. */
  open: string
  address: (id: string) => string
  /** picked are those that are chosen for something; undefined where one may do nothing. */
  picked: ReadonlySet<string> | undefined
  pick: (ids: readonly string[], on: boolean) => void
}

export function Rows({ conversions, picked, pick, ...row }: RowsProps): ReactElement {
  const ids = conversions.filter((c) => c.id !== '').map((c) => c.id)
  const all = picked !== undefined && ids.length > 0 && ids.every((id) => picked.has(id))
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label="List of conversions">
      <table className="conversions">
        <caption className="sr-only">Conversions, the newest sale first</caption>
        <thead>
          <tr>
            {picked && (
              <td className="pick">
                <input type="checkbox" aria-label="Choose all that are shown" checked={all} disabled={ids.length === 0} onChange={() => pick(ids, !all)} />
              </td>
            )}
            <th scope="col">State</th>
            <th scope="col">Order</th>
            <th scope="col" className="num">Value</th>
            <th scope="col">Why</th>
            <th scope="col" className="wide-only">Campaign</th>
            <th scope="col" className="wide-only">Click</th>
            <th scope="col" className="wide-only widest-only">Action</th>
            <th scope="col" className="num wide-only">Click → sale</th>
            <th scope="col" className="num">Sold at</th>
          </tr>
        </thead>
        <tbody>
          {conversions.map((c) => (
            <Row key={c.key} conversion={c} picked={picked} pick={pick} {...row} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Row({ conversion: c, zone, open, address, picked, pick }: Omit<RowsProps, 'conversions'> & { conversion: Conversion }): ReactElement {
  const worth = worthOf(c)
  const name = c.orderId || (c.goalId && c.actionName) || c.transactionId || c.eventId
  const soldAt = new Date(c.soldAt)
  return (
    <tr className={c.key === open ? 'sel' : undefined}>
      {picked && (
        <td className="pick">
          {c.id && <input type="checkbox" aria-label={`Choose ${name}`} checked={picked.has(c.id)} onChange={(e) => pick([c.id], e.target.checked)} />}
        </td>
      )}
      <td className="is">
        <StateChip state={c.state} />
      </td>
      <th scope="row">
        <Link href={address(c.key)} data-conversion={c.key} aria-current={c.key === open || undefined} title={`Event ${c.eventId}`}>
          <code className="cut">{name}</code>
        </Link>
      </th>
      <td className="num worth">
        {worth.now} {worth.was && <s>{worth.was}</s>}
      </td>
      <td className="why">{whyText(c, zone)}</td>
      <td className="wide-only">
        <span className="cut campaign" title={c.campaign}>{c.campaign || '–'}</span>
      </td>
      <td className="dim wide-only">{c.clickKind || '–'}</td>
      <td className="wide-only widest-only">
        <span className="cut campaign">{c.actionName || c.actionId || '–'}</span>
      </td>
      <td className="num dim wide-only">{spanText(c.secondsFromClick)}</td>
      <td className="num dim sold">
        {day(zoned(soldAt, zone).date)} {clockText(soldAt, zone)}
      </td>
    </tr>
  )
}

/** soonText writes 4 Dec, 07:15; what is to come is told apart by its day. */
const soonText = (at: Date, zone: string): string => `${day(zoned(at, zone).date)}, ${clockText(at, zone)}`

/** nextWords say what a time is: nobody's word makes a sale too old for Google one day. */
function nextWords(c: Conversion): string {
  if (c.reason === 'review') return 'Google takes it until'
  return c.reasonClass === 'gate' ? 'waits until' : 'next try'
}

/** whyText says why a conversion is where it is, and when something happens by itself: a gate is open until then. */
export function whyText(c: Conversion, zone: string): string {
  const next = c.nextAt ? `; ${nextWords(c)} ${soonText(new Date(c.nextAt), zone)}` : ''
  const ours = c.reasonClass === 'done' && c.googleValue !== null // Google has it of us: how it said so is for the drawer
  if (c.reasonWords && !ours) return c.reasonWords + next
  if (c.state === 'restated') return 'A refund changed what Google counts'
  if (c.state === 'retracted') return 'It was taken back at Google'
  if (c.state === 'ready') return 'It is sent within two minutes'
  return c.state === 'received' ? `Google has it; its final answer is asked for${next}` : '–'
}
