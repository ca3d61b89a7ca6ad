import type { ReactElement } from 'react'
import { useChecks, type CheckedDay } from '../../api/checks'
import type { Site } from '../../api/types'
import { Problem } from '../../components/Problem'
import { Section } from '../../components/Section'
import { Skeleton } from '../../components/Skeleton'
import { dayText, momentText } from '../../format/moment'
import { count, counted } from '../../format/number'

/** ChecksSection is what the nightly comparison found: what agrees, what was mended, and what stays. */
export function ChecksSection({ site }: { site: Site }): ReactElement {
  const checks = useChecks(site.publicKey)
  return (
    <Section title="Checks" note="Once a night, stored sales and refunds of each closed day (UTC) are compared with those that were read, and sales with their conversions.">
      {checks.data ? (
        <Checks days={checks.data} site={site} />
      ) : checks.isError ? (
        <Problem error={checks.error} retry={() => void checks.refetch()} retrying={checks.isFetching} what="check" />
      ) : (
        <div className="waiting-lines" aria-busy="true" aria-label="Loading the checks">
          <Skeleton width={60} />
          <Skeleton width={72} />
        </div>
      )}
    </Section>
  )
}

const staying = (c: CheckedDay) => c.differences.filter((d) => !d.mended).length

function Checks({ days, site }: { days: CheckedDay[]; site: Site }): ReactElement {
  if (days.length === 0) return <p className="nothing">No day was compared yet. The first is, in the night after it.</p>
  const [mended, stay] = [days.reduce((n, c) => n + c.mended, 0), days.reduce((n, c) => n + staying(c), 0)]
  return (
    <div className="checks">
      <p>
        <span className={stay > 0 ? 'pill bad' : 'pill ok'}>{stay > 0 ? `${count(stay)} stay` : 'All agree'}</span> {counted(days.length, 'day')} compared
        {mended > 0 && `, ${counted(mended, 'difference')} mended`}.
      </p>
      <div className="scroll" tabIndex={0} role="region" aria-label="Checks by day">
        <table className="checks-table">
          <caption className="sr-only">What was compared, by day</caption>
          <thead>
            <tr>
              <th scope="col">Day</th>
              <th scope="col">Events</th>
              <th scope="col">Read</th>
              <th scope="col">Mended</th>
              <th scope="col">Stay</th>
              <th scope="col">Compared</th>
            </tr>
          </thead>
          <tbody>
            {days.map((c) => (
              <tr key={c.id}>
                <th scope="row">{dayText(new Date(`${c.day}T00:00:00Z`), 'UTC')}</th>
                <td>{count(c.events)}</td>
                <td>{count(c.sales)}</td>
                <td>{count(c.mended)}</td>
                <td className={staying(c) > 0 ? 'bad' : undefined}>{count(staying(c))}</td>
                <td>{momentText(new Date(c.checkedAt), site.timeZone)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Differences days={days.filter((c) => c.differences.length > 0)} />
    </div>
  )
}

/** Differences names every event, those that stay unfolded. */
function Differences({ days }: { days: CheckedDay[] }): ReactElement {
  return (
    <>
      {days.map((c) => (
        <details key={c.id} open={staying(c) > 0}>
          <summary>
            {counted(c.differences.length, 'difference')} of {dayText(new Date(`${c.day}T00:00:00Z`), 'UTC')}
          </summary>
          <ul className="differences">
            {c.differences.map((d) => (
              <li key={`${d.kind} ${d.eventId}`}>
                <span className={d.mended ? 'pill ok' : 'pill bad'}>{d.mended ? 'Mended' : 'Stays'}</span> {d.words}
                <code>{d.eventId}</code>
              </li>
            ))}
          </ul>
        </details>
      ))}
    </>
  )
}
