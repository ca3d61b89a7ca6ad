import { useQueryClient } from '@tanstack/react-query'
import { useState, type ReactElement } from 'react'
import { addSite } from '../../api/sites'
import type { Workspace } from '../../api/types'
import { usePageTitle } from '../../app/usePageTitle'
import { ownZone } from '../../format/moment'
import { Field } from '../../forms/Field'
import { Form, type Values } from '../../forms/Form'
import { ZoneField } from './ZoneField'

/** FirstSitePage is what a new account meets: without a site there is nothing to show. */
export function FirstSitePage({ workspaces }: { workspaces: Workspace[] }): ReactElement {
  usePageTitle('Your first site')
  const client = useQueryClient()
  const workspace = workspaces.find((w) => w.role === 'owner' || w.role === 'admin')
  const [zone] = useState(ownZone)
  const send = (v: Values) =>
    addSite({ workspace_id: workspace?.id ?? '', name: v['name'] ?? '', hostnames: (v['hostnames'] ?? '').split(/[\s,]+/).filter(Boolean), time_zone: v['time_zone'] ?? '', currency: v['currency'] ?? '' })
  if (!workspace) {
    return (
      <section className="settings first-site">
        <h1>No site yet</h1>
        <p className="lead">Your workspaces have no site that you may see. An owner or admin can add one; then it is here.</p>
      </section>
    )
  }
  return (
    <div className="account-page">
      <div className="top">
        <h1>Your first site</h1>
      </div>
      <section className="settings first-site">
        <p className="lead">Tell what you want to measure. The next page has the line to put into its HTML, and waits for the first visit.</p>
        <Form label="Your first site" send={send} done={() => client.invalidateQueries({ queryKey: ['me'] })} submit="Add site" busy="Adding…">
          <Field name="name" label="Name" autoComplete="off" maxLength={100} autoFocus hint="As it stands in menus, such as Acme Shop." missing="A name is needed." />
          <Field name="hostnames" label="Host names" autoComplete="off" autoCapitalize="none" spellCheck={false} hint="shop.example, or *.shop.example for all below it; several with commas." missing="At least one host name is needed." />
          <div className="form-pair">
            <ZoneField zone={zone} />
            <Field name="currency" label="Currency" autoComplete="off" autoCapitalize="characters" spellCheck={false} maxLength={3} defaultValue="EUR" hint="Of sales: EUR, USD, …" missing="A currency is needed." />
          </div>
        </Form>
      </section>
    </div>
  )
}
