import { useState, type ReactElement } from 'react'
import { onceKeys } from '../../api/once'
import { changePartner, createPartner, usePartner } from '../../api/partners'
import { WhoChanged } from '../../audit/WhoChanged'
import { Modal } from '../../components/Modal'
import { Problem } from '../../components/Problem'
import { CheckField } from '../../forms/CheckField'
import { Field } from '../../forms/Field'
import { Form, type Values } from '../../forms/Form'
import { LinesField, linesOf } from '../../forms/LinesField'
import type { PartnerDialogProps } from './PartnersSection'

const first = { transaction_id: 'tid', amount: 'sum', currency: 'cur', gclid: 'sub1' }
const statuses = { approved: 'sale', reversed: 'refund' }

/** PartnerDialog says what a partner calls the fields of a sale, one in a line. */
export function PartnerDialog({ site, workspace, id, changed, onClose }: PartnerDialogProps & { id: string }): ReactElement | null {
  const asked = usePartner(site.publicKey, id)
  const [once] = useState(() => onceKeys())
  const partner = asked.data?.value
  const tag = asked.data?.tag ?? ''
  if (id && !partner && !asked.isError) return null // a sheet that grows would move
  const send = (v: Values) => {
    const said = { parameters: pairsOf(v['parameters']), statuses: pairsOf(v['statuses']), plain_ok: v['plain_ok'] !== undefined }
    if (id) return changePartner(site.publicKey, id, { tag, body: JSON.stringify(said) })
    const body = JSON.stringify({ name: v['name'], ...said })
    return createPartner(site.publicKey, body, once(body))
  }
  const done = async () => {
    await changed()
    onClose()
  }
  return (
    <Modal title={partner ? `Change ${partner.name}` : 'Add a partner'} onClose={onClose}>
      {asked.isError && <Problem error={asked.error} retry={() => void asked.refetch()} retrying={asked.isFetching} what="partner" />}
      {(!id || partner) && (
        <Form key={tag} label="Partner" send={send} done={done} submit="Save" busy="Saving…" changed={<WhoChanged workspace={workspace.id} action="partner.changed" about={`partner_id:${id}`} reload={() => asked.refetch()} />}>
          {!partner && <Field name="name" label="Name" maxLength={40} autoComplete="off" autoCapitalize="none" data-autofocus hint="Small letters, such as awin. It stands in the address, and stays." missing="A name is needed." />}
          <LinesField name="parameters" label="Fields" lines={linesFrom(partner?.parameters ?? first)} hint="Our field = what the partner calls it, one in a line: transaction_id (needed), status, order_id, amount, currency, occurred_at, visitor_id, user_id, gclid." required missing="A name for transaction_id is needed." />
          <LinesField name="statuses" label="Statuses" lines={linesFrom(partner?.statuses ?? statuses)} hint="The partner’s status = sale or refund. Others are left out. For partners with a field for status." />
          <CheckField name="plain_ok" label="Answer “ok” alone" hint="Some partners understand nothing else." checked={partner?.plainOk ?? false} />
        </Form>
      )}
    </Modal>
  )
}

const linesFrom = (pairs: Record<string, string>): string[] => Object.entries(pairs).map(([name, word]) => `${name} = ${word}`)

/** pairsOf reads lines of name = word; a line without a word is a name with an empty one, which the service refuses. */
export function pairsOf(typed: string | undefined): Record<string, string> {
  return Object.fromEntries(
    linesOf(typed).map((line) => {
      const at = line.indexOf('=')
      return at < 0 ? [line, ''] : [line.slice(0, at).trim(), line.slice(at + 1).trim()]
    }),
  )
}
