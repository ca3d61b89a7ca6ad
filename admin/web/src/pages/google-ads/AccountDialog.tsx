import type { ReactElement } from 'react'
import { changeConnection, useAccounts, type Account, type Connection } from '../../api/google'
import type { Workspace } from '../../api/types'
import { Modal } from '../../components/Modal'
import { Problem } from '../../components/Problem'
import { Skeleton } from '../../components/Skeleton'
import { ChoiceField } from '../../forms/ChoiceField'
import { Form, type Values } from '../../forms/Form'
import { accountNumber } from '../../format/names'

interface AccountDialogProps {
  workspace: Workspace
  connection: Connection
  changed: () => Promise<unknown>
  onClose: () => void
}

/** AccountDialog chooses the account of Google Ads; the clients of managers stand below them. */
export function AccountDialog({ workspace, connection: c, changed, onClose }: AccountDialogProps): ReactElement {
  const accounts = useAccounts(workspace.id, c.id)
  const usable = accounts.data?.filter((a) => a.reason === '') ?? []
  const others = accounts.data?.filter((a) => a.reason !== '') ?? []
  const send = (v: Values) => {
    const [customer = '', login = ''] = (v['customer_id'] ?? '').split(' ')
    return changeConnection(workspace.id, c.id, { customer_id: customer, ...(login ? { login_id: login } : {}) })
  }
  const done = async () => {
    await changed()
    onClose()
  }
  return (
    <Modal title="Choose the account" onClose={onClose}>
      {accounts.isError && <Problem error={accounts.error} retry={() => void accounts.refetch()} retrying={accounts.isFetching} what="list" />}
      {accounts.isPending && (
        <div className="waiting-lines" aria-busy="true">
          <Skeleton width={60} />
          <Skeleton width={50} />
        </div>
      )}
      {accounts.data && usable.length === 0 && <p>No account that could be used is reached by this sign-in at Google. Connect with the one that your ads run in.</p>}
      {usable.length > 0 && (
        <Form label="Choose the account" send={send} done={done} submit="Choose" busy="Asking Google…">
          <ChoiceField name="customer_id" label="Account of Google Ads" defaultValue={valueOf(usable.find((a) => a.id === c.customer?.id) ?? usable[0]!)} options={usable.map((a) => ({ value: valueOf(a), label: a.name || accountNumber(a.id), note: noteOf(a, accounts.data ?? []) }))} />
        </Form>
      )}
      {others.length > 0 && (
        <ul className="records">
          {others.map((a) => (
            <li key={a.id}>
              <div>
                <b>{a.name || accountNumber(a.id)}</b>
                <small>{a.reason}</small>
              </div>
            </li>
          ))}
        </ul>
      )}
    </Modal>
  )
}

const valueOf = (a: Account) => `${a.id} ${a.loginId}`

function noteOf(a: Account, all: Account[]): string {
  const through = all.find((o) => o.id === a.loginId && o.id !== a.id)
  return [accountNumber(a.id), a.currency, a.manager ? 'manages others' : '', through ? `through ${through.name}` : ''].filter(Boolean).join(' · ')
}
