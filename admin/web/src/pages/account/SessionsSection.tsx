import { useQueryClient } from '@tanstack/react-query'
import { useState, type ReactElement } from 'react'
import { accountKey, useSessions, type Account, type Session } from '../../api/account'
import { Problem } from '../../components/Problem'
import { deviceName } from '../../format/device'
import { momentText, ownZone, sinceText } from '../../format/moment'
import { Section } from '../../components/Section'
import { EndSignInsDialog } from './EndSignInsDialog'

const methods: Record<string, string> = {
  link: 'by link',
  password: 'with password',
  totp: 'in two steps',
  recovery_code: 'with a recovery code',
  passkey: 'with a passkey',
}

/** SessionsSection lists where one is signed in, this device first, and ends it elsewhere. */
export function SessionsSection({ account }: { account: Account }): ReactElement {
  const sessions = useSessions()
  const client = useQueryClient()
  const [ending, setEnding] = useState<Session | 'others' | null>(null)
  const all = [...(sessions.data ?? [])].sort((a, b) => Number(b.current) - Number(a.current) || b.lastSeenAt.localeCompare(a.lastSeenAt))
  return (
    <Section title="Where you are signed in" note="Something here that is not you? End it, and change your password.">
      {sessions.isError && !sessions.data && <Problem error={sessions.error} retry={() => void sessions.refetch()} retrying={sessions.isFetching} />}
      <ul className="records wide">
        {all.map((s) => (
          <SessionLine key={s.id} session={s} end={() => setEnding(s)} />
        ))}
      </ul>
      {all.length > 1 && (
        <div className="settings-foot">
          <button type="button" className="ctl" onClick={() => setEnding('others')}>
            End all others
          </button>
        </div>
      )}
      {ending && (
        <EndSignInsDialog
          account={account}
          session={ending === 'others' ? null : ending}
          done={() => client.invalidateQueries({ queryKey: accountKey })}
          onClose={() => setEnding(null)}
        />
      )}
    </Section>
  )
}

function SessionLine({ session, end }: { session: Session; end: () => void }): ReactElement {
  const zone = ownZone()
  const device = deviceName(session.userAgent)
  const seen = new Date(session.lastSeenAt)
  return (
    <li>
      <div title={session.userAgent}>
        <b>{device}</b> {session.current && <span className="tag good">This one</span>}
        <small>
          <time dateTime={session.lastSeenAt} title={momentText(seen, zone)}>
            {session.current ? 'Active now' : `Last seen ${sinceText(seen, new Date(), zone)}`}
          </time>
          {session.address && ` · ${session.address}`} · signed in {methods[session.method] ?? session.method} on {momentText(new Date(session.createdAt), zone)}
        </small>
      </div>
      {!session.current && (
        <button type="button" className="link" aria-label={`End the sign-in of ${device}, last seen ${momentText(seen, zone)}`} onClick={end}>
          End
        </button>
      )}
    </li>
  )
}
