import type { ReactElement } from 'react'
import type { Member } from '../../api/workspaces'
import type { Subject } from '../../audit/difference'

/** subjectText names a thing: site 3. */
export function subjectText(about: string): string {
  const [noun = '', number = ''] = about.split(':')
  return `${noun.replace(/_id$/, '').replaceAll('_', ' ')} ${number}`
}

interface SubjectsProps {
  subjects: Subject[]
  members: Member[]
  about: (about: string) => void
}

/** Subjects are the things that an entry is about; each shows all that was done to it. */
export function Subjects({ subjects, members, about }: SubjectsProps): ReactElement {
  return (
    <>
      {subjects.map(({ noun, number }) => {
        const key = `${noun}:${number}`
        const person = noun === 'account_id' ? members.find((m) => m.accountId === number) : undefined
        const name = person ? person.name || person.email : subjectText(key)
        return (
          <button key={key} type="button" className="subject" title="Show all that was done to it" onClick={() => about(key)}>
            {name}
          </button>
        )
      })}
    </>
  )
}
