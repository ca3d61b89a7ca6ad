import type { ReactElement } from 'react'
import { Link } from 'wouter'
import type { Change, Example, Trial } from '../api/trial'
import { conversionsPath } from '../app/paths'
import { momentText } from '../format/moment'
import { count, counted } from '../format/number'
import { moveText, whyText, worthText, wouldText } from './words'

interface OutcomeProps {
  trial: Trial
  /** site is where the conversions are listed; none where it is not known. */
  site: { publicKey: string; timeZone: string } | undefined
}

/** Outcome shows what rules would make of past sales: what would change, what cannot, and examples. */
export function Outcome({ trial: t, site }: OutcomeProps): ReactElement {
  const from = momentText(new Date(t.from), site?.timeZone ?? 'UTC')
  return (
    <div className="tried" role="status">
      <p>
        <b>
          {count(t.changed)} of {counted(t.looked, 'conversion')}
        </b>{' '}
        would change{t.atGoogle > 0 && <>; {count(t.atGoogle)} more {t.atGoogle === 1 ? 'was' : 'were'} sent already</>}. <span className="dim">{t.cut ? 'There are too many to try all: the newest ones, those' : 'Sales'} since {from}, as of now.</span>
      </p>
      {t.changes.length > 0 && <Changes title="What would change" changes={t.changes} />}
      {t.sent.length > 0 && <Changes title="Sent to Google before" changes={t.sent} />}
      {t.examples.length > 0 && <Examples examples={t.examples} site={site} />}
    </div>
  )
}

function Changes({ title, changes }: { title: string; changes: Change[] }): ReactElement {
  return (
    <table className="tried-table">
      <caption>{title}</caption>
      <thead className="sr-only">
        <tr>
          <th scope="col">From and to</th>
          <th scope="col">Conversions</th>
          <th scope="col">Value</th>
        </tr>
      </thead>
      <tbody>
        {changes.map((c, i) => (
          <tr key={i}>
            <th scope="row">
              {c.then ? moveText({ before: c.before, after: c.before }) : moveText(c)}
              <small>{whyText(c)}</small>
            </th>
            <td>{count(c.count)}</td>
            <td>{worthText(c.valuesBefore, c.valuesAfter)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Examples({ examples, site }: { examples: Example[]; site: OutcomeProps['site'] }): ReactElement {
  return (
    <details>
      <summary>{counted(examples.length, 'example')}</summary>
      <ul className="tried-examples">
        {examples.map((e, i) => (
          <li key={i}>
            <p>
              {site && e.conversionId ? (
                <Link className="link" href={`${conversionsPath(site)}?id=${e.conversionId}`}>
                  {e.orderId || e.eventId}
                </Link>
              ) : (
                <b>{e.orderId || e.eventId}</b>
              )}{' '}
              <span className="dim">{momentText(new Date(e.soldAt), site?.timeZone ?? 'UTC')}</span>
            </p>
            <dl>
              <dt>Now</dt>
              <dd>{wouldText(e.before)}</dd>
              <dt>Would be</dt>
              <dd>{wouldText(e.after)}</dd>
            </dl>
            {e.orderId && <code>{e.eventId}</code>}
          </li>
        ))}
      </ul>
    </details>
  )
}
