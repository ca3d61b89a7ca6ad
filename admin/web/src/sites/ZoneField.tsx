import { useMemo, type ReactElement } from 'react'
import { SelectField } from '../forms/SelectField'

/** ZoneField chooses a time zone, that of the reader at first. */
export function ZoneField({ zone, hint = 'Days of reports begin at its midnight.' }: { zone: string; hint?: string }): ReactElement {
  const zones = useMemo(() => [...new Set(['UTC', zone, ...Intl.supportedValuesOf('timeZone')])].sort().map((z) => ({ value: z, label: z })), [zone])
  return <SelectField name="time_zone" label="Time zone" options={zones} defaultValue={zone} hint={hint} />
}
