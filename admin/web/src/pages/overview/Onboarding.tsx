// What a site without any event sees: how to send the first one. The page turns into the
// report by itself as soon as it has arrived.
import type { ReactElement } from 'react'
import type { Site } from '../../api/types'
import { CopyButton } from '../../components/CopyButton'

export function Onboarding({ site }: { site: Site }): ReactElement {
  const snippet = site.snippet || `<script defer src="${location.origin}/n.js" data-site="${site.publicKey}"></script>`
  return (
    <>
      <div className="top">
        <h1>Overview</h1>
      </div>
      <section className="onboarding" aria-label="First steps">
        <ol>
          <li>
            <h2>Put this line into every page of {site.hostname || site.name}</h2>
            <p>Into the head, before other scripts. It never holds up the page and weighs under 3 kB.</p>
            <div className="snippet">
              <pre tabIndex={0} aria-label="Tracking snippet">{snippet}</pre>
              <CopyButton text={() => snippet} className="ctl" icon>
                Copy
              </CopyButton>
            </div>
          </li>
          <li>
            <h2>Open a page of the site in another tab</h2>
            <p>Events are taken from {site.hostname || 'the host names of the site'} only; an opened file or another host is refused.</p>
          </li>
          <li>
            <h2>Or send one from a server</h2>
            <p>
              <code>POST /v1/events</code> with a server key takes pageviews, sales and refunds, alone or a thousand at once.
            </p>
          </li>
        </ol>
        <p className="awaiting" role="status">
          <i aria-hidden="true" />
          <span>
            <b>Waiting for the first event</b>
            <small>This page turns into the report by itself, within two seconds of the event.</small>
          </span>
        </p>
      </section>
    </>
  )
}
