// The pages of workspaces, which come in one piece.
export { AuditPage } from './audit/AuditPage'
export { MembersPage } from './members/MembersPage'
export { PrivacyPage } from './privacy/PrivacyPage'
export { SiteSettingsPage } from './site-settings/SiteSettingsPage'
export { NewSitePage } from './sites/NewSitePage'
export { SitesPage } from './sites/SitesPage'
export { NewWorkspacePage } from './workspace/NewWorkspacePage'
export { WorkspaceSettingsPage } from './workspace/WorkspaceSettingsPage'
