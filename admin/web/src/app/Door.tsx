// The frame of pages that one meets before being inside: one thing to do, in the middle.
import { type ReactElement, type ReactNode } from 'react'
import { Link } from 'wouter'
import { Icon, Moon } from '../components/icons'
import { Footer } from './Footer'
import { usePageTitle } from './usePageTitle'

interface DoorProps {
  title: string
  /** lead is one sentence below the title. */
  lead?: ReactNode
  /** foot stands below the card: where else one may want to go. */
  foot?: ReactNode
  children: ReactNode
}

export function Door({ title, lead, foot, children }: DoorProps): ReactElement {
  usePageTitle(title)
  return (
    <div className="door">
      <header>
        <Link className="brand" href="/">
          <Moon />
          Noctra
        </Link>
      </header>
      <main id="main" className="door-card" tabIndex={-1}>
        <h1>{title}</h1>
        {lead && <p className="door-lead">{lead}</p>}
        {children}
      </main>
      <Footer>{foot && <p className="door-foot">{foot}</p>}</Footer>
    </div>
  )
}

/** Outcome says how something ended, where a form stood before. It is read out. */
export function Outcome({ good = false, children }: { good?: boolean; children: ReactNode }): ReactElement {
  return (
    <div className={good ? 'outcome good' : 'outcome'} role="status">
      <Icon name={good ? 'check' : 'alert'} />
      <div>{children}</div>
    </div>
  )
}
