import { useState, type ReactElement } from 'react'
import { Link } from 'wouter'
import { tryLookback, type Sum, type Trial } from '../../api/attribution'
import type { Site, Workspace } from '../../api/types'
import { siteSettingsPath } from '../../app/paths'
import { Section } from '../../components/Section'
import { money } from '../../format/money'
import { momentText } from '../../format/moment'
import { count, counted } from '../../format/number'
import { Field } from '../../forms/Field'
import { Form } from '../../forms/Form'
import { may } from '../../roles/roles'

/** LookbackTrial tries another look-back on the sales of thirty days, and keeps nothing. */
export function LookbackTrial({ site, workspace }: { site: Site; workspace: Workspace }): ReactElement {
  const [trial, setTrial] = useState<{ days: number; of: Trial } | null>(null)
  return (
    <Section title="Try another look-back" note="How long before a sale a click may lie. Tried on the sales of the last 30 days; nothing is kept.">
      <div className="trial">
        <Form
          label="Try another look-back"
          send={async (v) => {
            const days = Number(v['lookback_days'])
            return { days, of: await tryLookback(site.publicKey, days) }
          }}
          done={setTrial}
          submit="Try"
          busy="Trying…"
        >
          <Field name="lookback_days" label="Days" inputMode="numeric" maxLength={3} defaultValue="30" autoComplete="off" missing="A number of days is needed." />
        </Form>
        {trial && <Outcome days={trial.days} trial={trial.of} site={site} edits={may(workspace.role, 'manage_sites')} />}
      </div>
    </Section>
  )
}

function Outcome({ days, trial: t, site, edits }: { days: number; trial: Trial; site: Site; edits: boolean }): ReactElement {
  const sums: readonly (readonly [string, Sum])[] = [['Would gain a click', t.gained], ['Would lose their click', t.lost], ['Another click would decide', t.moved]]
  return (
    <div role="status">
      <p>
        With <b>{counted(days, 'day')}</b>, {count(t.changed)} of {counted(t.looked, 'sale')} would differ{t.cut && ' (the newest ones were tried)'}.
      </p>
      <dl className="trial-sums">
        {sums.map(([name, sum]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              {counted(sum.count, 'sale')} <span className="dim">{Object.entries(sum.values).map(([c, amount]) => money(amount, c)).join(' + ')}</span>
            </dd>
          </div>
        ))}
      </dl>
      {t.examples.length > 0 && (
        <details>
          <summary>{counted(t.examples.length, 'example')}</summary>
          <div className="scroll" tabIndex={0} role="region" aria-label="Examples">
            <table className="preview-table">
              <thead>
                <tr>
                  <th scope="col">Event</th>
                  <th scope="col">Sold at</th>
                  <th scope="col">Value</th>
                  <th scope="col">Now</th>
                  <th scope="col">Would be</th>
                </tr>
              </thead>
              <tbody>
                {t.examples.map((e) => (
                  <tr key={e.eventId}>
                    <th scope="row">
                      <code>{e.eventId}</code>
                    </th>
                    <td>{momentText(new Date(e.soldAt), site.timeZone)}</td>
                    <td>{money(e.value, e.currency)}</td>
                    <td>{e.before || 'no click'}</td>
                    <td>{e.after || 'no click'}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </details>
      )}
      {edits && (
        <Link className="link" href={siteSettingsPath(site, 'collecting')}>
          Change it in the site’s settings
        </Link>
      )}
    </div>
  )
}
