import type { ReactElement } from 'react'
import { CheckField } from '../../forms/CheckField'
import type { Values } from '../../forms/values'

const scopes = [
  { id: 'reports', label: 'Reports', hint: 'Sites and their reports.' },
  { id: 'ingestion', label: 'What became of events', hint: 'Also whether an installation works.' },
  { id: 'conversions', label: 'Conversions', hint: 'And what became of them at Google.' },
]

/** ScopeFields choose what an API key may read. */
export function ScopeFields({ chosen }: { chosen: readonly string[] }): ReactElement {
  return (
    <fieldset className="scopes">
      <legend>It may read</legend>
      {scopes.map((s) => (
        <CheckField key={s.id} name={`scope_${s.id}`} label={s.label} hint={s.hint} checked={chosen.includes(s.id)} />
      ))}
    </fieldset>
  )
}

export const allScopes: readonly string[] = scopes.map((s) => s.id)

/** scopesOf are those that are ticked; without any, the key could read nothing. */
export function scopesOf(v: Values): string[] {
  const chosen = allScopes.filter((id) => v[`scope_${id}`] !== undefined)
  if (chosen.length === 0) throw new Error('Choose what it may read.')
  return chosen
}
