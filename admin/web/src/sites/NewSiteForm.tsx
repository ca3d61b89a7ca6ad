import { useQueryClient } from '@tanstack/react-query'
import { useState, type ReactElement } from 'react'
import { onceKeys } from '../api/once'
import { addSite, type NewSite } from '../api/sites'
import type { Site } from '../api/types'
import { ownZone } from '../format/moment'
import { Field } from '../forms/Field'
import { Form, type Values } from '../forms/Form'
import { ZoneField } from './ZoneField'

interface NewSiteFormProps {
  label: string
  workspaceId: string
  done?: (site: Site) => void
  autoFocus?: boolean
}

/** hostNames reads what was typed: separated by commas or spaces. */
export const hostNames = (typed: string): string[] => typed.split(/[\s,]+/).filter(Boolean)

/** NewSiteForm makes a site in a workspace. */
export function NewSiteForm({ label, workspaceId, done, autoFocus = false }: NewSiteFormProps): ReactElement {
  const client = useQueryClient()
  const [zone] = useState(ownZone)
  const [once] = useState(() => onceKeys())
  const send = (v: Values) => {
    const site: NewSite = { workspace_id: workspaceId, name: v['name'] ?? '', hostnames: hostNames(v['hostnames'] ?? ''), time_zone: v['time_zone'] ?? '', currency: v['currency'] ?? '' }
    const body = JSON.stringify(site)
    return addSite(body, once(body))
  }
  const made = async (site: Site) => {
    await client.refetchQueries({ queryKey: ['me'] })
    done?.(site)
  }
  return (
    <Form label={label} send={send} done={made} submit="Add site" busy="Adding…" guarded>
      <Field name="name" label="Name" autoComplete="off" maxLength={100} autoFocus={autoFocus} hint="As it stands in menus, such as Acme Shop." missing="A name is needed." />
      <Field name="hostnames" label="Host names" autoComplete="off" autoCapitalize="none" spellCheck={false} hint="shop.example, or *.shop.example for all below it; several with commas." missing="At least one host name is needed." />
      <div className="form-pair">
        <ZoneField zone={zone} />
        <Field name="currency" label="Currency" autoComplete="off" autoCapitalize="characters" spellCheck={false} maxLength={3} defaultValue="EUR" hint="Of sales: EUR, USD, …" missing="A currency is needed." />
      </div>
    </Form>
  )
}
