// One conversion with its whole way: beside the list where there is room, a sheet from below where not.
import { useEffect, useRef, type ReactElement } from 'react'
import { Link } from 'wouter'
import { useConversion, type Way } from '../../api/conversionWay'
import type { Site } from '../../api/types'
import { CopyButton } from '../../components/CopyButton'
import { Icon } from '../../components/icons'
import { Problem } from '../../components/Problem'
import { Skeleton } from '../../components/Skeleton'
import { day } from '../../format/date'
import { secondText, zoneText } from '../../format/moment'
import { zoned } from '../../range/date'
import { worthOf } from './amounts'
import { StateChip } from './StateChip'
import { stepsOf, type Step } from './way'

interface DrawerProps {
  site: Site
  /** id is the key of a line of the list. */
  id: string
  address: (id: string) => string
  close: () => void
}

export function Drawer({ site, id, address, close }: DrawerProps): ReactElement {
  const way = useConversion(site.publicKey, id)
  const ref = useRef<HTMLElement>(null)
  useEffect(() => ref.current?.focus({ preventScroll: true }), [id])
  useEffect(() => {
    const onKey = (e: KeyboardEvent) => {
      if (e.key === 'Escape' && !document.querySelector('dialog[open], [data-popover]')) close()
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [close])
  return (
    <section className="drawer" ref={ref} tabIndex={-1} aria-label="Conversion" aria-busy={way.isPending}>
      <button type="button" className="icon-button drawer-close" onClick={close} aria-label="Close the conversion">
        <Icon name="close" />
      </button>
      {way.data ? <WholeWay way={way.data} site={site} address={address} /> : way.isError ? <Problem error={way.error} retry={() => void way.refetch()} retrying={way.isFetching} what="conversion" /> : <WaitingWay />}
    </section>
  )
}

function WholeWay({ way, site, address }: { way: Way; site: Site; address: (id: string) => string }): ReactElement {
  const worth = worthOf(way)
  return (
    <>
      <header>
        <div>
          <StateChip state={way.state} />
          <h2>
            <code>{way.orderId || way.transactionId || way.eventId}</code>
          </h2>
        </div>
        <p className="big">
          {worth.now} {worth.was && <s>{worth.was}</s>}
        </p>
        {way.reasonWords && <p className="drawer-why">{way.reasonWords}.</p>}
        {way.conversionIds.map((c) => (
          <p key={c} className="drawer-why">
            <Link href={address(c)}>A conversion was made of it</Link>
          </p>
        ))}
        {way.nextAt && <p className="dim">Something happens by itself at {secondText(new Date(way.nextAt), site.timeZone)}.</p>}
      </header>
      <ol className="line">
        {stepsOf(way, site.timeZone).map((s) => (
          <StepLine key={s.key} step={s} zone={site.timeZone} />
        ))}
      </ol>
      <dl className="ids">
        <Id name="Event" value={way.eventId} />
        {way.orderId && <Id name="Order" value={way.orderId} />}
        {way.transactionId && <Id name="Transaction" value={way.transactionId} />}
        {way.actionId && (
          <div>
            <dt>Action</dt>
            <dd>
              {way.actionName} <span className="dim">{way.actionId}</span>
            </dd>
          </div>
        )}
      </dl>
      <p className="dim">Times are those of {zoneText(site.timeZone, new Date())}.</p>
    </>
  )
}

function Id({ name, value }: { name: string; value: string }): ReactElement {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <code>{value}</code>
        <CopyButton text={() => value} className="link">
          Copy
        </CopyButton>
      </dd>
    </div>
  )
}

function StepLine({ step, zone }: { step: Step; zone: string }): ReactElement {
  return (
    <li className={step.tone}>
      <div className="step-head">
        <b>{step.title}</b>
        {step.at ? <time dateTime={step.at}>{stepTime(new Date(step.at), zone)}</time> : step.after && <span className="dim">{step.after}</span>}
      </div>
      {step.lines.filter(Boolean).map((l, i) => (
        <p key={i}>{l}</p>
      ))}
      {step.payload !== undefined && (
        <details>
          <summary>Payload, identifiers masked</summary>
          <pre tabIndex={0}>{JSON.stringify(step.payload, null, 2)}</pre>
        </details>
      )}
    </li>
  )
}

/** stepTime writes 21 Nov 11:49:07. */
function stepTime(at: Date, zone: string): string {
  return `${day(zoned(at, zone).date)} ${secondText(at, zone).split(', ')[1] ?? ''}`
}

function WaitingWay(): ReactElement {
  return (
    <div className="waiting-lines" aria-label="Loading the conversion">
      {[40, 60, 80, 72, 66, 78].map((w, i) => (
        <Skeleton key={i} width={w} />
      ))}
    </div>
  )
}
