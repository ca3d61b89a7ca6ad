// Partners that report sales by postback: what each calls the fields, and the address that it calls.
import { useQueryClient } from '@tanstack/react-query'
import { useState, type ReactElement } from 'react'
import { deletePartner, partnersKey, usePartner, usePartners, type Partner } from '../../api/partners'
import type { Site, Workspace } from '../../api/types'
import { CopyButton } from '../../components/CopyButton'
import { Modal } from '../../components/Modal'
import { Problem } from '../../components/Problem'
import { Section } from '../../components/Section'
import { Waiting } from '../../components/Waiting'
import { Form } from '../../forms/Form'
import { PartnerDialog } from './PartnerDialog'

type Opened = { id: string } | { gone: Partner }

export function PartnersSection({ site, workspace, edits }: { site: Site; workspace: Workspace; edits: boolean }): ReactElement {
  const partners = usePartners(site.publicKey)
  const client = useQueryClient()
  const [opened, setOpened] = useState<Opened | null>(null)
  const dialog = { site, workspace, changed: () => client.invalidateQueries({ queryKey: partnersKey(site.publicKey) }), onClose: () => setOpened(null) }
  if (partners.isError && !partners.data) {
    return (
      <div className="settings">
        <Problem error={partners.error} retry={() => void partners.refetch()} retrying={partners.isFetching} what="list" />
      </div>
    )
  }
  if (!partners.data) return <Waiting label="Loading the partners" sections={[2]} />
  return (
    <Section title="Partners" note="Affiliate networks and others that report sales by calling an address. They need a server key of the scope postback.">
      {partners.data.length === 0 && <p className="table-foot">No partner yet.</p>}
      <ul className="records wide">
        {partners.data.map((p) => (
          <li key={p.id}>
            <div>
              <b>{p.name}</b>
              <small>{Object.entries(p.parameters).map(([field, word]) => `${field} = ${word}`).join(' · ')}</small>
              <small>
                <code className="address">{p.address}</code>
              </small>
            </div>
            <span className="record-actions">
              <CopyButton text={() => p.address} className="link">
                Copy address
              </CopyButton>
              {edits && (
                <>
                  <button type="button" className="link" aria-label={`Change ${p.name}`} onClick={() => setOpened({ id: p.id })}>
                    Change
                  </button>
                  <button type="button" className="link" aria-label={`Delete ${p.name}`} onClick={() => setOpened({ gone: p })}>
                    Delete
                  </button>
                </>
              )}
            </span>
          </li>
        ))}
      </ul>
      {edits && (
        <div className="settings-foot">
          <button type="button" className="ctl" onClick={() => setOpened({ id: '' })}>
            Add a partner
          </button>
        </div>
      )}
      {opened && ('gone' in opened ? <DeleteDialog {...dialog} partner={opened.gone} /> : <PartnerDialog {...dialog} id={opened.id} />)}
    </Section>
  )
}

/** PartnerDialogProps are what dialogs about partners get. */
export interface PartnerDialogProps {
  site: Site
  workspace: Workspace
  changed: () => Promise<unknown>
  onClose: () => void
}

function DeleteDialog({ site, partner, changed, onClose }: PartnerDialogProps & { partner: Partner }): ReactElement | null {
  const asked = usePartner(site.publicKey, partner.id)
  if (!asked.data && !asked.isError) return null
  const done = async () => {
    await changed()
    onClose()
  }
  return (
    <Modal title={`Delete ${partner.name}`} onClose={onClose}>
      <Form label="Delete the partner" send={() => deletePartner(site.publicKey, partner.id, asked.data?.tag ?? '')} done={done} submit="Delete" busy="Deleting…" danger>
        <p>Its postbacks are refused from now on. The sales that it reported stay.</p>
      </Form>
    </Modal>
  )
}
