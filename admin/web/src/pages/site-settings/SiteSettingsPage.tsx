// The settings of a site, in sections that are saved one by one.
import type { ReactElement, ReactNode } from 'react'
import { Link } from 'wouter'
import { useSiteSettings } from '../../api/siteSettings'
import type { Site, Workspace } from '../../api/types'
import { siteSettingsPath, type SiteSection } from '../../app/paths'
import { inView } from '../../app/inView'
import { usePageTitle } from '../../app/usePageTitle'
import { Problem } from '../../components/Problem'
import { Waiting } from '../../components/Waiting'
import { may } from '../../roles/roles'
import { CollectingSection } from './CollectingSection'
import type { Part } from './EditForm'
import { GeneralSection } from './GeneralSection'
import { GoalsSection } from './GoalsSection'
import { InstallationSection } from './InstallationSection'
import { KeysSection } from './KeysSection'
import { PartnersSection } from './PartnersSection'
import { PrivacySection } from './PrivacySection'

interface PageProps {
  site: Site
  workspace: Workspace
  section: string
}

const sections: readonly { id: SiteSection; label: string; permission: string }[] = [
  { id: 'general', label: 'General', permission: 'manage_sites' },
  { id: 'collecting', label: 'Collecting', permission: 'manage_sites' },
  { id: 'privacy', label: 'Privacy', permission: 'manage_sites' },
  { id: 'keys', label: 'Keys', permission: 'manage_keys' },
  { id: 'goals', label: 'Goals and funnels', permission: 'read_reports' },
  { id: 'partners', label: 'Partners', permission: 'read_conversions' },
  { id: 'installation', label: 'Installation', permission: 'read_ingestion' },
]

/** sectionFor is where the settings open for a role; a section that it may not see gives way to it. */
export function sectionFor(role: string, asked: string): SiteSection {
  const open = sections.filter((s) => may(role, s.permission))
  return open.find((s) => s.id === asked)?.id ?? open[0]?.id ?? 'goals'
}

export function SiteSettingsPage({ site, workspace, section: asked }: PageProps): ReactElement {
  const section = sectionFor(workspace.role, asked)
  usePageTitle(`${sections.find((s) => s.id === section)?.label ?? 'Settings'} · ${site.name}`)
  return (
    <div className="account-page">
      <div className="top">
        <h1>Site settings</h1>
      </div>
      <nav className="section-tabs" aria-label="Settings of the site">
        {sections
          .filter((s) => may(workspace.role, s.permission))
          .map((s) => (
            <Link key={s.id} href={siteSettingsPath(site, s.id)} aria-current={s.id === section ? 'page' : undefined} ref={s.id === section ? inView : undefined}>
              {s.label}
            </Link>
          ))}
      </nav>
      <Section site={site} workspace={workspace} section={section} />
    </div>
  )
}

function Section({ site, workspace, section }: { site: Site; workspace: Workspace; section: SiteSection }): ReactElement {
  switch (section) {
    case 'keys':
      return <KeysSection site={site} workspace={workspace} />
    case 'goals':
      return <GoalsSection site={site} edits={may(workspace.role, 'manage_goals')} />
    case 'partners':
      return <PartnersSection site={site} workspace={workspace} edits={may(workspace.role, 'manage_uploads')} />
    case 'installation':
      return <InstallationSection site={site} />
    case 'collecting':
      return <Loaded site={site}>{(part) => <CollectingSection {...part} />}</Loaded>
    case 'privacy':
      return <Loaded site={site}>{(part) => <PrivacySection {...part} />}</Loaded>
    case 'general':
      return <Loaded site={site}>{(part) => <GeneralSection {...part} workspace={workspace} />}</Loaded>
  }
}

function Loaded({ site, children }: { site: Site; children: (part: Part) => ReactNode }): ReactElement {
  const asked = useSiteSettings(site.publicKey)
  if (asked.data) return <>{children({ settings: asked.data.value, tag: asked.data.tag })}</>
  if (asked.isError) {
    return (
      <div className="settings">
        <Problem error={asked.error} retry={() => void asked.refetch()} retrying={asked.isFetching} what="page" />
      </div>
    )
  }
  return <Waiting label="Loading the settings" sections={[4, 2]} />
}
