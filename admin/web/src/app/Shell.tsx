// The frame around every page inside: brand, switches of workspace and site, navigation, account.
import { useEffect, type ReactElement, type ReactNode } from 'react'
import { Link, useLocation } from 'wouter'
import { signOut } from '../api/client'
import type { Me } from '../api/types'
import { Icon, Moon } from '../components/icons'
import { Menu, MenuChoices, MenuItem, MenuLine } from '../components/Menu'
import { initials } from '../format/names'
import { DeletionBand } from './DeletionBand'
import { Footer } from './Footer'
import { MainNav, type Here } from './MainNav'
import { LAST_SITE, LAST_WORKSPACE, paths, sitePath, type WorkspacePlace } from './paths'
import type { Place } from './start'
import { writeChoice } from './storage'
import { Switches } from './Switches'
import type { ThemeChoice } from './theme'

interface ShellProps {
  me: Me
  /** place is the workspace and the site that are looked at, or were last. */
  place: Place
  here: Here
  theme: ThemeChoice
  setTheme: (choice: ThemeChoice) => void
  children: ReactNode
}

const workspacePages: readonly string[] = ['sites', 'sites/new', 'members', 'audit', 'settings', 'privacy', 'google'] satisfies WorkspacePlace[]

export function Shell({ me, place, here, theme, setTheme, children }: ShellProps): ReactElement {
  const { site, workspace } = place
  const page = workspacePages.includes(here) ? (here as WorkspacePlace) : undefined
  useEffect(() => {
    if (workspace && here !== 'account') writeChoice(LAST_WORKSPACE, workspace.id)
    if (!site || (here !== 'overview' && here !== 'conversions')) return
    writeChoice(LAST_SITE, site.publicKey)
    if (here !== 'overview') return
    document.title = `Overview · ${site.name} · Noctra`
  }, [site, workspace, here])
  return (
    <div className="shell">
      <a className="skip" href="#main">
        {here === 'overview' ? 'Skip to the figures' : 'Skip to the content'}
      </a>
      <header className="rail">
        <Link className="brand" href={site ? sitePath(site) : paths.home}>
          <Moon />
          <span>Noctra</span>
        </Link>
        <Switches me={me} place={place} page={page} />
        <MainNav place={place} here={here} />
        <AccountMenu me={me} theme={theme} setTheme={setTheme} />
      </header>
      <main id="main" tabIndex={-1}>
        {here !== 'account' && me.account.deleteAfter && <DeletionBand after={me.account.deleteAfter} />}
        {children}
      </main>
      <Footer />
    </div>
  )
}

const themes: readonly { id: ThemeChoice; label: string }[] = [
  { id: 'system', label: 'As the system' },
  { id: 'light', label: 'Light' },
  { id: 'dark', label: 'Dark' },
]

function AccountMenu({ me, theme, setTheme }: Pick<ShellProps, 'me' | 'theme' | 'setTheme'>): ReactElement {
  const name = me.account.name || me.account.email || 'Account'
  const [, navigate] = useLocation()
  const leave = () => {
    void signOut().finally(() => location.assign('/'))
  }
  return (
    <div className="rail-foot">
      <Menu
        label="Account"
        align="end"
        trigger={
          <button type="button" className="account">
            <span className="avatar quiet" aria-hidden="true">
              {initials(name)}
            </span>
            <span className="account-name">{name}</span>
            <span className="sr-only">Account and appearance</span>
            <Icon name="more" />
          </button>
        }
      >
        {me.account.email && <p className="menu-note">{me.account.email}</p>}
        <MenuItem onSelect={() => navigate(paths.account)}>Your account</MenuItem>
        <MenuItem onSelect={() => location.assign('/api/reference')}>API reference</MenuItem>
        <MenuLine />
        <MenuChoices label="Appearance" value={theme} onChange={setTheme} options={themes} />
        <MenuLine />
        <MenuItem onSelect={leave}>Sign out</MenuItem>
      </Menu>
    </div>
  )
}

/** Message is a page of its own with few words: nothing to show, or something went wrong. */
export function Message({ title, children }: { title: string; children: ReactNode }): ReactElement {
  return (
    <main className="message">
      <Moon />
      <h1>{title}</h1>
      {children}
    </main>
  )
}
