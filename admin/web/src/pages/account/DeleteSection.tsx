import type { ReactElement } from 'react'
import { KeepButton } from '../../app/DeletionBand'
import { momentText, ownZone } from '../../format/moment'
import type { Part } from './AccountPage'
import { Line, Section } from '../../components/Section'

/** DeleteSection plans the end of the account, and takes it back. */
export function DeleteSection({ account, open }: Part): ReactElement {
  if (account.deleteAfter) {
    return (
      <Section title="Delete account">
        <Line label="Planned for" action={<KeepButton />}>
          <b>{momentText(new Date(account.deleteAfter), ownZone())}</b>
          <small>Until then everything stays as it is. Afterwards nobody can bring it back.</small>
        </Line>
      </Section>
    )
  }
  return (
    <Section title="Delete account">
      <Line
        label="For good"
        action={
          <button type="button" className="ctl danger-quiet" onClick={() => open({ kind: 'delete' })}>
            Delete account…
          </button>
        }
      >
        Seven days later your login is gone.
        <small>Workspaces that nobody else belongs to are closed with it. You can change your mind until then.</small>
      </Line>
    </Section>
  )
}
