// The states of the pages of workspaces, light and wide, dark and narrow.
import type { Page } from 'playwright-core'
import { SITE, type State } from './states'

const ready = async (page: Page) => {
  await page.waitForFunction(() => document.querySelectorAll('.skeleton, .starting').length === 0)
  await page.evaluate(() => document.fonts.ready)
}

/** stands waits for a page of a workspace by its heading and first line. */
export const stands = (selector: string) => async (page: Page) => {
  await page.locator(selector).first().waitFor()
  await ready(page)
}

export const opened = (selector: string, button: string) => async (page: Page) => {
  await stands(selector)(page)
  await page.getByRole('button', { name: button, exact: true }).click()
  await page.locator('dialog[open] form').waitFor()
}

export const teamStates: readonly State[] = [
  { name: 'members', path: '/workspaces/1/members', reach: stands('.lines tbody tr') },
  { name: 'invite-wrong', path: '/workspaces/1/members', viewport: true, reach: async (page) => {
    await opened('.lines tbody tr', 'Invite')(page)
    await page.getByLabel('E-mail address').fill('jon@acme.example')
    await page.getByRole('button', { name: 'Send invitation' }).click()
    await page.locator('.field-note.bad').waitFor()
  } },
  { name: 'audit', path: '/workspaces/1/audit', viewport: true, unfolds: true, reach: async (page) => {
    await stands('.entries tbody tr')(page)
    await page.locator('.entries .icon-button').nth(1).click()
    await page.locator('.difference').waitFor()
  } },
  { name: 'audit-nothing', path: '/workspaces/1/audit?search=xyz&about=site_id:9', reach: stands('.nothing') },
  { name: 'sites', path: '/workspaces/1/sites', reach: stands('.lines tbody tr') },
  { name: 'site-general', path: `${SITE}/settings/general`, reach: stands('form') },
  { name: 'site-collecting', path: `${SITE}/settings/collecting`, reach: stands('form') },
  { name: 'site-privacy', path: `${SITE}/settings/privacy`, reach: stands('form') },
  { name: 'site-keys', path: `${SITE}/settings/keys`, reach: stands('.records li') },
  { name: 'site-goals', path: `${SITE}/settings/goals`, reach: stands('.records li') },
  { name: 'site-installation', path: `${SITE}/settings/installation`, reach: stands('.reasons li') },
  { name: 'goal-change', path: `${SITE}/settings/goals`, viewport: true, reach: opened('.records li', 'Change Newsletter') },
  { name: 'request', path: '/workspaces/1/privacy', viewport: true, reach: opened('.records li', 'Open the request of ann@shopper.example') },
  { name: 'workspace', path: '/workspaces/1/settings', reach: stands('.setting-value') },
  { name: 'hand-over', path: '/workspaces/1/settings', viewport: true, reach: opened('.setting-value', 'Hand over…') },
  { name: 'workspace-switch', path: '/workspaces/1/settings', viewport: true, reach: async (page) => {
    await stands('.setting-value')(page)
    await page.locator('.workspace-switch').click()
    await page.locator('[role=menu]').waitFor()
  } },
  { name: 'new-workspace', path: '/workspaces/new', reach: stands('form') },
  { name: 'denied', path: '/workspaces/2/audit', reach: stands('.plain-box') },
]
