// What people do with their workspaces: who is in, who did what, and what two people do at once.
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { eventually, search, stage } from './visit'

const s = stage()
const REFUSED = /status of (403|404|409|412|422|429)/

const at = (path: string, run: (page: Page) => Promise<void>) => s.at(path, run, REFUSED)
const path = (page: Page) => new URL(page.url()).pathname
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()
const focused = (page: Page) => page.evaluate(() => document.activeElement?.getAttribute('name'))
const dialogGone = (page: Page) => page.locator('dialog').waitFor({ state: 'detached' })

describe('members', () => {
  test('are invited; what is wrong stands beside the field, which has the focus', () =>
    at('/workspaces/1/members', async (page) => {
      await page.locator('.members-table tbody tr').nth(2).waitFor()
      expect(await page.title()).toBe('Members · Acme · Noctra')
      await press(page, 'Invite')
      await eventually(() => focused(page), 'email')
      await page.keyboard.press('Enter')
      await page.locator('dialog .field-note', { hasText: 'An address is needed.' }).waitFor()
      await page.keyboard.type('jon@acme.example')
      await page.keyboard.press('Enter')
      await page.locator('dialog .field-note', { hasText: 'This address is invited already; send it again, or revoke it.' }).waitFor()
      await eventually(() => focused(page), 'email')
      await page.getByLabel('E-mail address').fill('ines@acme.example')
      await page.getByLabel('Campaign manager').check()
      await press(page, 'Send invitation')
      await dialogGone(page)
      await page.locator('.records li', { hasText: 'ines@acme.example' }).getByText('Campaign manager').waitFor()
      await page.getByRole('button', { name: 'Revoke the invitation of ines@acme.example' }).click()
      await page.locator('.records li', { hasText: 'ines@acme.example' }).waitFor({ state: 'detached' })
    }))
  test('change roles; the only owner is told why not', () =>
    at('/workspaces/1/members', async (page) => {
      const line = (name: string) => page.locator('.members-table tr', { hasText: name })
      await line('Mara Lindt').getByText('The only owner stays: make somebody else owner first.').waitFor()
      expect(await line('Mara Lindt').getByRole('button').count()).toBe(0)
      await page.getByRole('button', { name: 'Change Jon Berg' }).click()
      await page.getByRole('menuitem', { name: 'Change role…' }).click()
      await page.getByLabel('Owner', { exact: false }).first().check()
      await press(page, 'Change role')
      await dialogGone(page)
      await line('Jon Berg').getByText('owner', { exact: true }).waitFor()
      await page.getByRole('button', { name: 'Change Mara Lindt' }).waitFor()
      await page.getByRole('button', { name: 'Change Aoife Ní Bhriain' }).click()
      await page.getByRole('menuitem', { name: 'Remove from the workspace…' }).click()
      await press(page, 'Remove')
      await dialogGone(page)
      await line('Aoife').waitFor({ state: 'detached' })
    }))
})

describe('a workspace', () => {
  test('renamed by two at once says who was first, and shows it', () =>
    at('/workspaces/1/settings', async (page) => {
      await page.getByRole('button', { name: 'Change name' }).click()
      s.mock().team.renamedByJon('Acme Group')
      await page.getByLabel('Name', { exact: true }).fill('Acme Europe')
      await page.keyboard.press('Enter')
      await page.getByText('Changed by Jon Berg, just now. Nothing of yours was saved.').waitFor()
      await press(page, 'Show what stands there now')
      await eventually(() => page.getByLabel('Name', { exact: true }).inputValue(), 'Acme Group')
      await page.getByLabel('Name', { exact: true }).fill('Acme Europe')
      await page.keyboard.press('Enter')
      await dialogGone(page)
      await page.locator('.workspace-switch', { hasText: 'Acme Europe' }).waitFor()
    }))
  test('is handed over, and left', () =>
    at('/workspaces/1/settings', async (page) => {
      await page.getByText('You are the only owner, so you cannot leave Acme.').waitFor()
      expect(await page.getByRole('button', { name: 'Leave…' }).isDisabled()).toBe(true)
      await press(page, 'Hand over…')
      await press(page, 'Hand over')
      await page.locator('.field-note', { hasText: 'Choose who becomes owner.' }).waitFor()
      await page.getByLabel('New owner').selectOption({ label: 'Jon Berg, admin' })
      await press(page, 'Hand over')
      await dialogGone(page)
      await press(page, 'Leave…')
      await press(page, 'Leave')
      await page.locator('.workspace-switch', { hasText: 'Northwind Travel' }).waitFor()
    }))
  test('is switched on the same page, as far as the role goes', () =>
    at('/workspaces/1/audit', async (page) => {
      await page.locator('.entries').waitFor()
      await page.locator('.workspace-switch').click()
      await page.getByRole('menuitemradio', { name: /Northwind Travel/ }).click()
      await page.getByText('You are analyst in Northwind Travel. This page is for owners and admins.').waitFor()
      expect(await page.getByRole('link', { name: 'Members' }).count()).toBe(0)
      await page.locator('.workspace-switch').click()
      await page.getByRole('menuitem', { name: 'New workspace' }).click()
      await page.getByLabel('Name', { exact: true }).fill('Third')
      await page.keyboard.press('Enter')
      await page.getByText('Third has no site yet.').waitFor()
      expect(path(page)).toBe('/workspaces/3/sites')
    }))
  test('gets another site; what was typed is not left by accident', () =>
    at('/workspaces/1/sites', async (page) => {
      await page.locator('.lines tbody tr').nth(1).waitFor()
      await page.getByRole('link', { name: 'Add a site' }).click()
      await page.getByLabel('Name', { exact: true }).fill('Acme Outlet')
      await page.getByRole('link', { name: 'Overview' }).click()
      await page.getByRole('heading', { name: 'Leave without saving?' }).waitFor()
      await press(page, 'Stay here')
      await page.goBack()
      await press(page, 'Stay here')
      expect(path(page)).toBe('/workspaces/1/sites/new')
      await page.getByLabel('Host names').fill('outlet.acme.example')
      await page.keyboard.press('Enter')
      await eventually(() => path(page), '/sites/nst_New081mPq4RsYt6vNb2c')
      await page.locator('.switch-text', { hasText: 'outlet.acme.example' }).waitFor()
    }))
  test('left without saving is left', () =>
    at('/workspaces/1/sites', async (page) => {
      await page.getByRole('link', { name: 'Add a site' }).click()
      await page.getByLabel('Name', { exact: true }).fill('x')
      await page.goBack()
      await press(page, 'Leave without saving')
      await eventually(() => path(page), '/workspaces/1/sites')
      await page.getByRole('heading', { name: 'Sites' }).waitFor()
    }))
})

describe('the audit', () => {
  test('is filtered in the address, compared, paged and exported', () =>
    at('/workspaces/1/audit', async (page) => {
      const rows = page.locator('.entries > tbody > tr')
      await eventually(() => rows.count(), 50)
      await press(page, 'Show older')
      await eventually(() => rows.count(), 67)
      await page.getByRole('button', { name: /^Show what Jon Berg changed a role/ }).click()
      expect(await page.locator('.difference tbody tr').allTextContents()).toEqual(['roleanalystcampaign_manager'])
      await page.getByRole('button', { name: 'Aoife Ní Bhriain' }).first().click()
      await eventually(() => search(page), '?about=account_id%3A57')
      await eventually(() => rows.count(), 2)
      await page.getByLabel('Who').selectOption('Jon Berg')
      await eventually(() => page.locator('.entries > tbody > tr:not(.entry-more)').count(), 1)
      const href = (await page.getByRole('link', { name: 'CSV' }).getAttribute('href')) ?? ''
      expect(href).toBe('/api/v1/workspaces/1/audit/export?account_id=42&about=account_id%3A57&format=csv')
      await page.getByRole('searchbox').fill('nothing like this')
      await press(page, 'Show everything')
      await eventually(() => rows.count(), 67)
      expect(search(page)).toBe('')
      await page.getByLabel('From day').fill('2026-11-24')
      await eventually(() => rows.count(), 5)
    }))
})
