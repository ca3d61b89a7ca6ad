import type { ReactElement } from 'react'
import { Icon } from '../../components/icons'
import { permissions, roleName, roles } from '../../roles/roles'

/** RolesTable says what each role may do, by the table that the service itself asks. */
export function RolesTable(): ReactElement {
  return (
    <section className="settings" aria-labelledby="roles-title">
      <header>
        <h2 id="roles-title">What each role may do</h2>
        <p>A role holds in this workspace alone.</p>
      </header>
      <div className="table-scroll" tabIndex={0} role="region" aria-label="Roles and what they may do">
        <table className="grants">
          <thead>
            <tr>
              <td />
              {roles.map((r) => (
                <th key={r} scope="col" className="capital">
                  {roleName(r)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {permissions.map((p) => (
              <tr key={p.name}>
                <th scope="row">{p.what}</th>
                {roles.map((r) => (
                  <td key={r}>{p.roles.includes(r) ? <Yes /> : <span className="sr-only">no</span>}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}

function Yes(): ReactElement {
  return (
    <>
      <Icon name="check" />
      <span className="sr-only">yes</span>
    </>
  )
}
