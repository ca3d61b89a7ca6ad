// The frame around every page inside: brand, site switch, navigation, account.
import { useEffect, type ReactElement, type ReactNode } from 'react'
import { Link, useLocation } from 'wouter'
import { signOut } from '../api/client'
import type { Me, Site } from '../api/types'
import { Icon, Moon } from '../components/icons'
import { Menu, MenuChoices, MenuItem, MenuLine } from '../components/Menu'
import { initials } from '../format/names'
import { DeletionBand } from './DeletionBand'
import { LAST_SITE, paths, sitePath } from './paths'
import { writeChoice } from './storage'
import type { ThemeChoice } from './theme'

interface ShellProps {
  me: Me
  /** site is the one looked at, or the last one; undefined where there is none yet. */
  site: Site | undefined
  here: 'overview' | 'account' | 'first-site'
  theme: ThemeChoice
  setTheme: (choice: ThemeChoice) => void
  children: ReactNode
}

export function Shell({ me, site, here, theme, setTheme, children }: ShellProps): ReactElement {
  useEffect(() => {
    if (!site || here !== 'overview') return
    writeChoice(LAST_SITE, site.publicKey)
    document.title = `Overview · ${site.name} · Noctra`
  }, [site, here])
  return (
    <div className="shell">
      <a className="skip" href="#main">
        {here === 'overview' ? 'Skip to the figures' : 'Skip to the content'}
      </a>
      <header className="rail">
        <Link className="brand" href={site ? sitePath(site) : paths.home}>
          <Moon />
          Noctra
        </Link>
        {site && <SiteSwitch sites={me.sites} site={site} />}
        {site && (
          <nav aria-label="Main">
            <p className="nav-group">Analyse</p>
            <Link href={sitePath(site)} aria-current={here === 'overview' ? 'page' : undefined}>
              Overview
            </Link>
          </nav>
        )}
        <AccountMenu me={me} theme={theme} setTheme={setTheme} />
      </header>
      <main id="main" tabIndex={-1}>
        {here !== 'account' && me.account.deleteAfter && <DeletionBand after={me.account.deleteAfter} />}
        {children}
      </main>
    </div>
  )
}

function SiteSwitch({ sites, site }: { sites: Site[]; site: Site }): ReactElement {
  const [, navigate] = useLocation()
  const tile = (
    <>
      <span className="avatar" aria-hidden="true">
        {initials(site.name)}
      </span>
      <span className="switch-text">
        <b>{site.name}</b>
        <small>{site.hostname}</small>
      </span>
    </>
  )
  if (sites.length < 2) return <div className="switch">{tile}</div>
  const open = (key: string) => {
    const next = sites.find((s) => s.publicKey === key)
    if (next) navigate(sitePath(next))
  }
  return (
    <Menu
      label="Sites"
      trigger={
        <button type="button" className="switch">
          {tile}
          <span className="sr-only">Switch site</span>
          <Icon name="chevron" />
        </button>
      }
    >
      <MenuChoices
        value={site.publicKey}
        onChange={open}
        options={sites.map((s) => ({ id: s.publicKey, label: <SiteChoice site={s} /> }))}
      />
    </Menu>
  )
}

function SiteChoice({ site }: { site: Site }): ReactElement {
  return (
    <span className="two-lines">
      {site.name}
      <small>{site.hostname}</small>
    </span>
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
