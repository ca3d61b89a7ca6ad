import type { ReactElement } from 'react'
import { usePasskeys, type Passkey } from '../../api/account'
import { passkeysWork } from '../../api/passkeys'
import { dayText, ownZone, sinceText } from '../../format/moment'
import type { Part } from './AccountPage'
import { Line } from '../../components/Section'

/** PasskeyLines lists passkeys, and says where they cannot be. */
export function PasskeyLines({ open }: Part): ReactElement {
  const passkeys = usePasskeys()
  const add = passkeysWork() && (
    <button type="button" className="ctl" onClick={() => open({ kind: 'passkey' })}>
      Add a passkey
    </button>
  )
  return (
    <Line label="Passkeys" action={add}>
      {passkeys.isError && (
        <button type="button" className="link" onClick={() => void passkeys.refetch()}>
          Passkeys could not be read. Try again
        </button>
      )}
      {passkeys.data?.length === 0 && <span className="dim">None yet</span>}
      {passkeys.data && passkeys.data.length > 0 && (
        <ul className="records">
          {passkeys.data.map((p) => (
            <li key={p.id}>
              <div>
                <b>{p.name}</b>
                <small>{life(p)}</small>
              </div>
              <button type="button" className="link" aria-label={`Remove passkey ${p.name}`} onClick={() => open({ kind: 'passkey-off', passkey: p })}>
                Remove
              </button>
            </li>
          ))}
        </ul>
      )}
      <small>{passkeysWork() ? 'Your fingerprint, face or PIN instead of the password, and of the code.' : 'They need https and a host name, or localhost; this address has neither, or the browser is too old.'}</small>
    </Line>
  )
}

function life(p: Passkey): string {
  const zone = ownZone()
  const added = `Added ${dayText(new Date(p.createdAt), zone)}`
  return p.lastUsedAt ? `${added} · used ${sinceText(new Date(p.lastUsedAt), new Date(), zone)}` : `${added} · not used yet`
}
