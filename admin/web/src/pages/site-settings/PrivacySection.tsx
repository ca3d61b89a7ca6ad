import type { ReactElement } from 'react'
import { Section } from '../../components/Section'
import { ChoiceField } from '../../forms/ChoiceField'
import { Field } from '../../forms/Field'
import type { Values } from '../../forms/Form'
import { wholeNumber } from './CollectingSection'
import { EditForm, type Part } from './EditForm'

const identities = [
  { value: 'cookieless', label: 'Without cookies', note: 'Visitors are told apart within a day, by a salt that is then destroyed.' },
  { value: 'consented', label: 'With consent', note: 'Who has agreed is known again; all others as without cookies.' },
  { value: 'off', label: 'Not at all', note: 'Events are counted, visitors are not.' },
]

const consents = [
  { value: 'unset_allows', label: 'Missing consent is as the mode above says', note: 'What pages do not say does not restrict.' },
  { value: 'unset_denies', label: 'Missing consent is a no', note: 'What pages do not say counts as denied.' },
  { value: 'required', label: 'Consent is required', note: 'Each answer has to be granted.' },
]

const days = (typed: string | undefined) => ((typed ?? '').trim() === '' ? null : wholeNumber(typed))
const edit = (v: Values) => ({
  identity_mode: v['identity_mode'],
  consent_mode: v['consent_mode'],
  retention_raw_days: days(v['retention_raw_days']),
  retention_aggregates_days: days(v['retention_aggregates_days']),
})

/** PrivacySection is how visitors are known, and how long what is known of them stays. */
export function PrivacySection({ settings, tag }: Part): ReactElement {
  const ever = (n: number | null) => (n === null ? '' : String(n))
  return (
    <Section title="Privacy" note="How visitors are told apart, and how long what came is kept.">
      <div className="form-box">
        <EditForm settings={settings} tag={tag} label="Privacy" edit={edit}>
          <ChoiceField name="identity_mode" label="How visitors are known" options={identities} defaultValue={settings.identityMode} />
          <ChoiceField name="consent_mode" label="Consent" options={consents} defaultValue={settings.consentMode} />
          <div className="form-pair">
            <Field name="retention_raw_days" label="Single events are kept, in days" inputMode="numeric" autoComplete="off" maxLength={5} required={false} defaultValue={ever(settings.retentionRawDays)} placeholder="for ever" hint="30 to 3650; empty: for ever." />
            <Field name="retention_aggregates_days" label="Sums are kept, in days" inputMode="numeric" autoComplete="off" maxLength={5} required={false} defaultValue={ever(settings.retentionAggregatesDays)} placeholder="for ever" hint="Not less than single events; empty: for ever." />
          </div>
        </EditForm>
      </div>
    </Section>
  )
}
