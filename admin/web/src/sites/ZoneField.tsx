import { use, useId, type ReactElement } from 'react'
import { FormContext } from '../../forms/Form'

/** ZoneField chooses a time zone, that of the reader at first. */
export function ZoneField({ zone }: { zone: string }): ReactElement {
  const { errors, clear } = use(FormContext)
  const id = useId()
  const known = Intl.supportedValuesOf('timeZone')
  const zones = [...new Set(['UTC', zone, ...known])].sort()
  const error = errors['time_zone']
  return (
    <div className="form-field">
      <label htmlFor={id}>Time zone</label>
      <select id={id} name="time_zone" className="field" defaultValue={zone} aria-invalid={error !== undefined} aria-describedby={`${id}-note`} onChange={() => clear('time_zone')}>
        {zones.map((z) => (
          <option key={z}>{z}</option>
        ))}
      </select>
      <p id={`${id}-note`} className={error === undefined ? 'field-note' : 'field-note bad'} role={error === undefined ? undefined : 'alert'}>
        {error ?? 'Days of reports begin at its midnight.'}
      </p>
    </div>
  )
}
