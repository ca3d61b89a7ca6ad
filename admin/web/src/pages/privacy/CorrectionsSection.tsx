import { useState, type FormEvent, type ReactElement } from 'react'
import { useSearchParams } from 'wouter'
import { useCorrections, type Correction } from '../../api/corrections'
import type { Site } from '../../api/types'
import { Difference } from '../../audit/Difference'
import { Icon } from '../../components/icons'
import { More } from '../../components/More'
import { Problem } from '../../components/Problem'
import { Section } from '../../components/Section'
import { Waiting } from '../../components/Waiting'
import { momentText, ownZone, secondText } from '../../format/moment'
import { count } from '../../format/number'
import { CorrectDialog } from './CorrectDialog'
import { FindEventDialog } from './FindEventDialog'
import { changesOf } from './correction'
import { SitePicker, useChosenSite } from './SitePicker'

interface CorrectionsProps {
  sites: Site[]
  who: (account: string) => string
}

/** CorrectionsSection finds what of a site, or of one event, was corrected by whom, and corrects another. */
export function CorrectionsSection({ sites, who }: CorrectionsProps): ReactElement {
  const [site, choose] = useChosenSite(sites)
  const [query, setQuery] = useSearchParams()
  const event = query.get('event') ?? ''
  const look = (id: string) =>
    setQuery((old) => {
      const next = new URLSearchParams(old)
      if (id === '') next.delete('event')
      else next.set('event', id)
      return next
    })
  const [opened, setOpened] = useState<'find' | 'correct' | null>(null)
  const chosen = (id: string) => {
    look(id)
    setOpened('correct')
  }
  if (!site) {
    return (
      <Section title="Corrections of events">
        <p className="table-foot">The workspace has no site, so there are no events.</p>
      </Section>
    )
  }
  return (
    <>
      <div className="audit-filters">
        <SitePicker sites={sites} chosen={site} choose={choose} />
        <FindEvent key={event} event={event} look={look} />
        <button type="button" className="ctl" onClick={() => setOpened('find')}>
          Find an event…
        </button>
        <button type="button" className="ctl" onClick={() => setOpened('correct')}>
          Correct an event…
        </button>
      </div>
      <List key={site.id + event} site={site} event={event} who={who} all={() => look('')} />
      {opened === 'find' && <FindEventDialog site={site} chosen={chosen} onClose={() => setOpened(null)} />}
      {opened === 'correct' && <CorrectDialog site={site} event={event} done={(made) => look(made.eventId)} onClose={() => setOpened(null)} />}
    </>
  )
}

function FindEvent({ event, look }: { event: string; look: (id: string) => void }): ReactElement {
  const submit = (e: FormEvent<HTMLFormElement>) => {
    e.preventDefault()
    look(String(new FormData(e.currentTarget).get('event') ?? '').trim())
  }
  return (
    <form className="find" role="search" onSubmit={submit}>
      <Icon name="search" />
      <input className="field" type="search" name="event" defaultValue={event} maxLength={64} placeholder="Event id" aria-label="Event id" autoComplete="off" autoCapitalize="none" spellCheck={false} />
    </form>
  )
}

interface ListProps {
  site: Site
  event: string
  who: (account: string) => string
  /** all looks at the whole site again. */
  all: () => void
}

function List({ site, event, who, all }: ListProps): ReactElement {
  const asked = useCorrections(site.publicKey, event)
  const rows = asked.data?.pages.flatMap((p) => p.rows)
  if (asked.isPending) return <Waiting label="Loading the corrections" sections={[2]} />
  return (
    <Section title={event ? `Corrections of one event` : `Corrections of ${site.name}`} note={event ? <code className="event-id">{event}</code> : 'Values of events that were wrong, replaced with a reason. What stood there before goes when the event goes.'}>
      {asked.isError && !rows && <Problem error={asked.error} retry={() => void asked.refetch()} retrying={asked.isFetching} what="list" />}
      {rows?.length === 0 && (
        <div className="nothing">
          <p>{event ? `No event of ${site.name} with this id was corrected.` : 'Nothing was corrected yet. A price that a shop sent wrong, or a name that should not be in an address: the event stays, and says what is right.'}</p>
          {event && (
            <button type="button" className="link" onClick={all}>
              Show all of the site
            </button>
          )}
        </div>
      )}
      <ul className="records wide">
        {rows?.map((c) => <CorrectionLine key={c.id} correction={c} who={who} />)}
      </ul>
      {rows && rows.length > 0 && <More asked={asked} shown={`${count(rows.length)} ${asked.hasNextPage ? 'shown' : rows.length === 1 ? 'correction' : 'corrections'}`} />}
    </Section>
  )
}

function CorrectionLine({ correction: c, who }: { correction: Correction; who: (account: string) => string }): ReactElement {
  const zone = ownZone()
  const applying = c.state === 'applying'
  return (
    <li className="correction">
      <div>
        <b>{c.reason}</b> <span className={applying ? 'tag warn' : 'tag good'}>{applying ? 'Being applied' : 'In every report'}</span>
        <small>
          {who(c.accountId)} · <time dateTime={c.createdAt}>{secondText(new Date(c.createdAt), zone)}</time> · event <code>{c.eventId}</code> of {momentText(new Date(c.occurredAt), zone)}
        </small>
        <Difference changes={changesOf(c)} />
      </div>
    </li>
  )
}
