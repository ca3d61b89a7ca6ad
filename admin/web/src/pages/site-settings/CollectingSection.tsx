import { useState, type ReactElement } from 'react'
import { tryLookback, type Trial } from '../../api/trial'
import { Section } from '../../components/Section'
import { ChoiceField } from '../../forms/ChoiceField'
import { Field } from '../../forms/Field'
import type { Values } from '../../forms/Form'
import { LinesField, linesOf } from '../../forms/LinesField'
import { Outcome } from '../../trial/Outcome'
import { BotRulesField, botRulesOf } from './BotRulesField'
import { EditForm, type Part } from './EditForm'

const sales = [
  { value: 'accept', label: 'Taken', note: 'A sale that a page reports counts.' },
  { value: 'hold', label: 'Held', note: 'Kept, and counted only once a server reports the same order.' },
  { value: 'refuse', label: 'Refused', note: 'Sales come from servers alone.' },
]

const edit = (v: Values) => ({
  query_params: linesOf(v['query_params']),
  excluded_paths: linesOf(v['excluded_paths']),
  excluded_addresses: linesOf(v['excluded_addresses']),
  bot_rules: botRulesOf(v['bot_rules']),
  sales_from_browsers: v['sales_from_browsers'],
  lookback_days: wholeNumber(v['lookback_days']),
})

/** wholeNumber is what was typed, as it was where that is no number: the service says so then. */
export const wholeNumber = (typed: string | undefined): number | string => (/^\s*\d+\s*$/.test(typed ?? '') ? Number(typed) : (typed ?? ''))

/** CollectingSection is what is taken of what comes. */
export function CollectingSection({ settings, tag }: Part): ReactElement {
  const [trial, setTrial] = useState<Trial | null>(null)
  const run = async (v: Values) => {
    setTrial(null)
    setTrial(await tryLookback(settings.publicKey, wholeNumber(v['lookback_days'])))
  }
  return (
    <Section title="Collecting" note="What holds for events from now on; what is stored stays as it is.">
      <div className="form-box">
        <EditForm settings={settings} tag={tag} label="Collecting" edit={edit} tried={{ label: 'Try the look-back', busy: 'Trying…', run }} typed={() => setTrial(null)}>
          <LinesField name="query_params" label="Query parameters that stay in addresses" lines={settings.queryParams} hint="One in a line. UTM parameters and click ids are kept anyway, all others are cut off." />
          <LinesField name="excluded_paths" label="Paths that are not counted" lines={settings.excludedPaths} hint="One in a line: /admin/**, where * stands for a part of a path and ** for several." />
          <LinesField name="excluded_addresses" label="Addresses that are not counted" lines={settings.excludedAddresses} hint="One in a line: 203.0.113.7, or 203.0.113.0/24." />
          <BotRulesField rules={settings.botRules} />
          <ChoiceField name="sales_from_browsers" label="Sales from browsers" options={sales} defaultValue={settings.salesFromBrowsers} />
          <Field name="lookback_days" label="Look-back in days" inputMode="numeric" autoComplete="off" maxLength={4} defaultValue={String(settings.lookbackDays)} hint="How long before a sale the click may lie that it is due to." missing="A number of days is needed." />
        </EditForm>
        {trial && <Outcome trial={trial} site={settings} />}
      </div>
    </Section>
  )
}
