// What pages of settings are made of: sections, and lines with a button at their end.
import { useId, type ReactElement, type ReactNode } from 'react'

interface SectionProps {
  title: string
  /** note is one quiet sentence below the title. */
  note?: ReactNode
  children: ReactNode
}

export function Section({ title, note, children }: SectionProps): ReactElement {
  const id = useId()
  return (
    <section className="settings" aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {note && <p>{note}</p>}
      </header>
      <div className="settings-body">{children}</div>
    </section>
  )
}

interface LineProps {
  label: string
  children: ReactNode
  action?: ReactNode
  /** below takes the whole width under the value. */
  below?: ReactNode
}

export function Line({ label, children, action, below }: LineProps): ReactElement {
  return (
    <div className="setting">
      <h3>{label}</h3>
      <div className="setting-value">{children}</div>
      {action && <div className="setting-action">{action}</div>}
      {below && <div className="setting-below">{below}</div>}
    </div>
  )
}
