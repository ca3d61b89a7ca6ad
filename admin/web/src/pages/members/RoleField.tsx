import type { ReactElement } from 'react'
import { ChoiceField } from '../../forms/ChoiceField'
import { roleName, roles, roleSummary } from '../../roles/roles'

interface RoleFieldProps {
  /** own is the reader's role: only owners make owners. */
  own: string
  role: string
  autoFocus?: boolean
}

export function RoleField({ own, role, autoFocus = false }: RoleFieldProps): ReactElement {
  const offered = roles.filter((r) => r !== 'owner' || own === 'owner')
  const capital = (r: string) => r.charAt(0).toUpperCase() + r.slice(1)
  return (
    <ChoiceField
      name="role"
      label="Role"
      options={offered.map((r) => ({ value: r, label: capital(roleName(r)), note: roleSummary(r) }))}
      defaultValue={role}
      hint={own === 'owner' ? undefined : 'Owners are made by owners.'}
      autoFocus={autoFocus}
    />
  )
}
