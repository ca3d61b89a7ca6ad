import { useState, type ReactElement } from 'react'
import type { Workspace } from '../../api/types'
import { Section } from '../../components/Section'
import { dayText, ownZone } from '../../format/moment'
import { CheckField } from '../../forms/CheckField'
import { Field } from '../../forms/Field'
import type { Values } from '../../forms/Form'
import { LinesField, linesOf } from '../../forms/LinesField'
import { ZoneField } from '../../sites/ZoneField'
import { EditForm, type Part } from './EditForm'
import { EndOfSite } from './EndOfSite'

/** GeneralSection is what a site is called, where it is, and how its days and money are counted. */
export function GeneralSection({ settings, tag, workspace }: Part & { workspace: Workspace }): ReactElement {
  const [zone, setZone] = useState(settings.timeZone)
  const [currency, setCurrency] = useState(settings.currency)
  const edit = (v: Values) => ({
    name: v['name'],
    hostnames: linesOf(v['hostnames']),
    time_zone: v['time_zone'],
    currency: v['currency'],
    ...(v['rebuild'] ? { rebuild: true } : {}),
    ...(v['leave_unconverted'] ? { leave_unconverted: true } : {}),
  })
  const typed = (event: { target: EventTarget }) => {
    const input = event.target as HTMLInputElement
    if (input.name === 'time_zone') setZone(input.value)
    if (input.name === 'currency') setCurrency(input.value.trim().toUpperCase())
  }
  return (
    <>
      <Section title="General">
        <div className="form-box" onInput={typed}>
          <EditForm settings={settings} tag={tag} label="General" edit={edit}>
            <Field name="name" label="Name" autoComplete="off" maxLength={100} defaultValue={settings.name} hint="As it stands in menus." missing="A name is needed." />
            <LinesField name="hostnames" label="Host names" lines={settings.hostnames} hint="One in a line; *.shop.example for all below it. Events from other hosts are refused." required missing="At least one host name is needed." />
            <div className="form-pair">
              <ZoneField zone={settings.timeZone} />
              <Field name="currency" label="Currency" autoComplete="off" autoCapitalize="characters" spellCheck={false} maxLength={3} defaultValue={settings.currency} hint="Of sales: EUR, USD, …" missing="A currency is needed." />
            </div>
            {zone !== settings.timeZone && <CheckField name="rebuild" label="Cut all reported days anew in the new time zone" hint="Figures of earlier days change, and reports say so." />}
            {currency !== settings.currency && <CheckField name="leave_unconverted" label="Leave sales of before in their currency" hint="Nothing is converted: they leave the revenue and stand beside it." />}
          </EditForm>
        </div>
        {settings.changes.length > 0 && (
          <ul className="records wide">
            {settings.changes.map((c) => (
              <li key={c.field + c.changedAt}>
                <div>
                  {c.field === 'time_zone' ? 'Time zone' : 'Currency'}: {c.before} → {c.after}
                  <small>Since {dayText(new Date(c.changedAt), ownZone())}; reports over earlier days say so.</small>
                </div>
              </li>
            ))}
          </ul>
        )}
      </Section>
      <EndOfSite settings={settings} workspace={workspace} />
    </>
  )
}
