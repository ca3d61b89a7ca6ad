import { useId, useState, type ReactElement } from 'react'
import type { AuditEntry } from '../../api/audit'
import type { Member } from '../../api/workspaces'
import { Difference, wordsOf } from '../../audit/Difference'
import { difference, flat, stayed, subjects } from '../../audit/difference'
import { doer } from '../../audit/WhoChanged'
import { actionText } from '../../audit/words'
import { Icon } from '../../components/icons'
import { secondText } from '../../format/moment'
import { Subjects } from './Subjects'

interface EntryRowProps {
  entry: AuditEntry
  members: Member[]
  zone: string
  about: (about: string) => void
}

/** EntryRow is one line; opened, what was there before and after. */
export function EntryRow({ entry, members, zone, about }: EntryRowProps): ReactElement {
  const [open, setOpen] = useState(false)
  const id = useId()
  const [day, time] = secondText(new Date(entry.at), zone).split(', ')
  const who = doer(entry, members)
  const did = actionText(entry.action)
  return (
    <>
      <tr className={open ? 'opened' : undefined}>
        <td className="figures when">
          <time dateTime={entry.at}>
            <span>{day},</span> <span>{time}</span>
          </time>
        </td>
        <th scope="row">
          <b>{who}</b> {did}
        </th>
        <td className="least">
          <Subjects subjects={subjects(entry)} members={members} about={about} />
        </td>
        <td className="least figures">{entry.address}</td>
        <td>
          <button type="button" className="icon-button" aria-expanded={open} aria-controls={open ? id : undefined} aria-label={`${open ? 'Hide' : 'Show'} what ${who} ${did}`} onClick={() => setOpen(!open)}>
            <Icon name={open ? 'close' : 'chevron'} />
          </button>
        </td>
      </tr>
      {open && (
        <tr className="entry-more">
          <td colSpan={5} id={id}>
            <Detail entry={entry} />
          </td>
        </tr>
      )}
    </>
  )
}

function Detail({ entry }: { entry: AuditEntry }): ReactElement {
  const changes = difference(entry.before, entry.after)
  const plain = [...stayed(entry.before, entry.after), ...flat(entry.details)]
  return (
    <>
      {changes.length > 0 && <Difference changes={changes} />}
      <dl className="plain-facts">
        {plain.map(([name, value]) => (
          <div key={name}>
            <dt>{wordsOf(name)}</dt>
            <dd>{value}</dd>
          </div>
        ))}
        <div>
          <dt>entry</dt>
          <dd>
            {entry.seq} · <code>{entry.action}</code>
            {entry.address && ` · from ${entry.address}`}
          </dd>
        </div>
      </dl>
    </>
  )
}
