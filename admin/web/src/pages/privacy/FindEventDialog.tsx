import { useState, type ReactElement } from 'react'
import { findEvents, type EventSearch, type FoundEvent, type FoundEvents } from '../../api/events'
import type { Site } from '../../api/types'
import { Modal } from '../../components/Modal'
import { money } from '../../format/money'
import { secondText } from '../../format/moment'
import { Field } from '../../forms/Field'
import { Form, type Values } from '../../forms/Form'
import { SelectField } from '../../forms/SelectField'
import { zoned } from '../../range/date'

const by = [
  { value: '', label: 'The day alone' },
  { value: 'order_id', label: 'Order id', hint: 'As it came with the sale.' },
  { value: 'visitor_id', label: 'Visitor id', hint: 'The first-party id that the site sends.' },
  { value: 'user_id', label: 'User id', hint: 'As the site sends it, to the letter.' },
  { value: 'event_id', label: 'Event id', hint: 'As it was sent. The day is not asked then.' },
] as const

interface FindProps {
  site: Site
  /** chosen is told which event is meant. */
  chosen: (event: string) => void
  onClose: () => void
}

/** FindEventDialog finds an event by its day and what else is known of it, and leads to its correction. */
export function FindEventDialog({ site, chosen, onClose }: FindProps): ReactElement {
  const [kind, setKind] = useState('')
  const [found, setFound] = useState<FoundEvents | null>(null)
  const words = by.find((b) => b.value === kind)
  const send = (v: Values) => {
    const search: EventSearch = kind ? { [kind]: (v['value'] ?? '').trim() } : {}
    return findEvents(site.publicKey, kind === 'event_id' ? search : { ...search, day: v['day'] ?? '' })
  }
  return (
    <Modal title="Find an event" onClose={onClose}>
      <div className="staged tall" onInput={(e) => (e.target as HTMLInputElement).name === 'by' && setKind((e.target as HTMLInputElement).value)}>
        <Form label="Find an event" send={send} done={setFound} submit="Find" busy="Looking…" home={{ [kind]: 'value' }}>
          <SelectField name="by" label={`Event of ${site.name}, by`} options={by} required={false} autoFocus />
          {kind !== '' && <Field key={kind} name="value" label={words?.label ?? ''} autoComplete="off" autoCapitalize="none" spellCheck={false} maxLength={kind === 'event_id' ? 64 : 200} hint={words && 'hint' in words ? words.hint : undefined} missing="Without it nothing is looked for." />}
          {kind !== 'event_id' && <Field name="day" label="Day" type="date" defaultValue={zoned(new Date(), site.timeZone).date} hint={`In the site’s time zone, ${site.timeZone}.`} missing="A day is needed." />}
        </Form>
        {found && <Events found={found} site={site} chosen={chosen} />}
      </div>
    </Modal>
  )
}

function Events({ found, site, chosen }: { found: FoundEvents; site: Site; chosen: (event: string) => void }): ReactElement {
  return (
    <div role="region" aria-label="What was found" className="found-events">
      <p className="hint" role="status">
        {found.events.length === 0 ? 'There is no such event, or it was deleted.' : found.more ? `The newest ${found.events.length}; there are more.` : found.events.length === 1 ? 'One event' : `${found.events.length} events`}
      </p>
      <ul className="records">
        {found.events.map((e) => (
          <li key={e.id}>
            <div>
              <b>{title(e)}</b> {e.corrected && <span className="tag">Corrected before</span>}
              <small>
                {secondText(new Date(e.occurredAt), site.timeZone)} · {e.hostname}
                {e.path}
                {e.orderId && ` · order ${e.orderId}`} · <code>{e.id}</code>
              </small>
            </div>
            <button type="button" className="link" aria-label={`Correct the event ${e.id}`} onClick={() => chosen(e.id)}>
              Correct…
            </button>
          </li>
        ))}
      </ul>
    </div>
  )
}

const kinds: Record<string, string> = { pageview: 'Pageview', click: 'Ad click', sale: 'Sale', refund: 'Refund', goal: 'Goal', interaction: 'Interaction', held_sale: 'Unconfirmed sale' }

function title(e: FoundEvent): string {
  const kind = kinds[e.kind] ?? e.kind
  if (e.amount) return `${kind} of ${money(e.amount, e.currency)}`
  return e.name ? `${kind} “${e.name}”` : kind
}
