import type { ReactElement } from 'react'
import { useInstallation, type Installation } from '../../api/installation'
import type { Site } from '../../api/types'
import { CopyButton } from '../../components/CopyButton'
import { Problem } from '../../components/Problem'
import { Line, Section } from '../../components/Section'
import { Skeleton } from '../../components/Skeleton'
import { momentText, ownZone, sinceText } from '../../format/moment'
import { count } from '../../format/number'

/** InstallationSection has the line for the pages, and says whether it works. */
export function InstallationSection({ site }: { site: Site }): ReactElement {
  const asked = useInstallation(site.publicKey)
  return (
    <>
      <Section title="Snippet" note="Into the head of every page, before other scripts.">
        <div className="form-box">
          <div className="snippet">
            <pre tabIndex={0} aria-label="Tracking snippet">
              {site.snippet}
            </pre>
            <CopyButton text={() => site.snippet} className="ctl" icon>
              Copy
            </CopyButton>
          </div>
        </div>
      </Section>
      <Section title="Does it work?" note="Told from what came in the last 24 hours; your pages are not fetched.">
        {asked.data ? (
          <Found found={asked.data} />
        ) : asked.isError ? (
          <Problem error={asked.error} retry={() => void asked.refetch()} retrying={asked.isFetching} what="check" />
        ) : (
          <div className="waiting-key">
            <Skeleton width={40} />
          </div>
        )}
      </Section>
    </>
  )
}

const states: Record<string, { tag: string; words: string }> = {
  waiting: { tag: '', words: 'Nothing has come yet' },
  works: { tag: 'good', words: 'It works' },
  refused: { tag: 'bad', words: 'What comes is refused' },
  partly: { tag: 'warn', words: 'Some is refused' },
}

function Found({ found }: { found: Installation }): ReactElement {
  const state = states[found.state] ?? { tag: '', words: found.state }
  const zone = ownZone()
  return (
    <>
      <Line label="State">
        <span className={`tag ${state.tag}`} role="status">
          {state.words}
        </span>
        <small>
          {count(found.accepted)} taken, {count(found.refused)} refused since {momentText(new Date(found.since), zone)}.
        </small>
      </Line>
      <Line label="Newest event">{found.lastEventAt ? sinceText(new Date(found.lastEventAt), new Date(), zone) : <span className="dim">None yet</span>}</Line>
      {found.reasons.length > 0 && (
        <ul className="records wide reasons">
          {found.reasons.map((r) => (
            <li key={r.code + r.host + r.message}>
              <div>
                <b>{r.message}</b> {!r.current && <span className="tag">Over</span>}
                <small>{r.action}</small>
              </div>
            </li>
          ))}
        </ul>
      )}
      {found.hosts.map((h) => (
        <Line key={h.host} label={h.host}>
          {count(h.accepted)} taken{h.refused > 0 && `, ${count(h.refused)} refused`} {!h.allowed && <span className="tag warn">Not one of its host names</span>}
        </Line>
      ))}
    </>
  )
}
