import { useState, type ReactElement } from 'react'
import { useQueryClient } from '@tanstack/react-query'
import { setLookback, siteKey } from '../../api/siteSettings'
import { tryLookback, type Trial } from '../../api/trial'
import type { Site, Workspace } from '../../api/types'
import { Section } from '../../components/Section'
import { dayText } from '../../format/moment'
import { count, counted } from '../../format/number'
import { money } from '../../format/money'
import { Field } from '../../forms/Field'
import { Form } from '../../forms/Form'
import { sentence } from '../../forms/problems'
import { useSend } from '../../forms/useSend'
import { may } from '../../roles/roles'
import { Outcome } from '../../trial/Outcome'

/** LookbackTrial tries another look-back on the sales of thirty days, and keeps it where that is wanted. */
export function LookbackTrial({ site, workspace }: { site: Site; workspace: Workspace }): ReactElement {
  const [trial, setTrial] = useState<{ days: number; of: Trial } | null>(null)
  return (
    <Section title="Try another look-back" note="How long before a sale a click may lie. Tried on the sales of the last 30 days; nothing is kept until it is saved.">
      <div className="trial">
        <Form
          label="Try another look-back"
          send={async (v) => {
            const days = Number(v['lookback_days'])
            return { days, of: await tryLookback(site.publicKey, days) }
          }}
          done={setTrial}
          typed={() => setTrial(null)}
          submit="Try"
          busy="Trying…"
        >
          <Field name="lookback_days" label="Days" inputMode="numeric" maxLength={3} defaultValue="30" autoComplete="off" missing="A number of days is needed." />
        </Form>
        {trial && (
          <div>
            <ClickSums days={trial.days} trial={trial.of} site={site} />
            <Outcome trial={trial.of} site={site} />
            {may(workspace.role, 'manage_sites') && <Keep key={trial.days} days={trial.days} site={site} />}
          </div>
        )}
      </div>
    </Section>
  )
}

function ClickSums({ days, trial, site }: { days: number; trial: Trial; site: Site }): ReactElement | null {
  const c = trial.clicks
  if (!c) return null
  const sums = [['Would gain a click', c.gained], ['Would lose their click', c.lost], ['Another click would decide', c.moved]] as const
  const reach = new Date(new Date(trial.from).getTime() - days * 86_400_000)
  return (
    <div role="status">
      <p>
        With <b>{counted(days, 'day')}</b>, {count(c.changed)} of {counted(c.looked, 'sale')} would have another click{trial.cut && ' (the newest ones were tried)'}.{' '}
        {reach < new Date(c.known) && <span className="dim">Clicks before {dayText(new Date(c.known), site.timeZone)} are no longer kept and cannot be found.</span>}
      </p>
      <dl className="trial-sums">
        {sums.map(([name, sum]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              {counted(sum.count, 'sale')} <span className="dim">{Object.entries(sum.values).map(([currency, amount]) => money(amount, currency)).join(' + ')}</span>
            </dd>
          </div>
        ))}
      </dl>
    </div>
  )
}

/** Keep saves what was tried, against the state of the site at the moment of the press. */
function Keep({ days, site }: { days: number; site: Site }): ReactElement {
  const client = useQueryClient()
  const [kept, setKept] = useState(false)
  const sending = useSend(
    () => setLookback(site.publicKey, days),
    () => {
      setKept(true)
      void client.invalidateQueries({ queryKey: siteKey(site.publicKey) })
    },
  )
  if (kept)
    return (
      <p role="status">
        Saved: <b>{counted(days, 'day')}</b>. Sales that come from now on, and late clicks, follow it; past sales keep their click.
      </p>
    )
  return (
    <>
      <button type="button" className="ctl primary" aria-busy={sending.pending} onClick={() => sending.run()}>
        {sending.pending ? 'Saving…' : `Save ${counted(days, 'day')}`}
      </button>
      {sending.error && (
        <p className="form-status bad" role="alert">
          {sentence(sending.error)}
        </p>
      )}
    </>
  )
}
