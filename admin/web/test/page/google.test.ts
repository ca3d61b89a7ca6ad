// What people do about accounts of Google Ads.
import type { Page } from 'playwright-core'
import { test } from 'vitest'
import { eventually, stage } from './visit'

const s = stage()
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()
const dialogGone = (page: Page) => page.locator('dialog').waitFor({ state: 'detached' })

test('an account is connected, chosen, tested, held and disconnected', () =>
  s.at('/workspaces/1/google', async (page) => {
    await press(page, 'Connect again: Acme Journal')
    await page.getByText('Missing: listing accounts and actions (adwords).').waitFor()
    await press(page, 'Change…: Acme Journal')
    await page.getByText('The account of Google Ads is not enabled.').waitFor()
    await page.getByText('200-000-0002 · EUR · through Acme agency').click()
    await press(page, 'Choose')
    await dialogGone(page)
    await eventually(() => page.getByText('Acme Shop 200-000-0002').count(), 2)
    await press(page, 'Test Purchase')
    await page.getByText('Google would take it, by Data Manager.').waitFor()
    await press(page, 'Hold')
    await page.getByText('Nothing is sent to Google since').waitFor()
    await press(page, 'Release')
    await page.getByText('Running').waitFor()
    await press(page, 'Disconnect…: Brand')
    await press(page, 'Disconnect')
    await dialogGone(page)
    await eventually(() => page.getByRole('heading', { name: 'Brand' }).count(), 0)
  }))

test('an action is chosen for sales, with what is wrong beside the field, and a secret is shown once', () =>
  s.at(
    '/workspaces/1/google',
    async (page) => {
      await press(page, 'Choose an action…')
      await page.getByLabel('Action', { exact: true }).selectOption('Newsletter')
      await page.getByLabel('Value').selectOption('Always the same')
      await page.getByLabel('Amount').fill('5')
      await page.getByLabel('Currency').fill('EUR')
      await page.getByLabel('Also where no click is known').check()
      await press(page, 'Save')
      await page.locator('.field-note.bad', { hasText: 'set enhanced as well' }).waitFor()
      await page.getByLabel('With hashed e-mail and phone').check()
      await press(page, 'Save')
      await dialogGone(page)
      await page.getByText('Sales of Acme Shop → Newsletter').waitFor()
      await page.getByText('worth €\u202f5.00').waitFor()
      await press(page, 'New secret…: Brand')
      await press(page, 'Make a new secret')
      await page.getByText('k3Jd0aQx7LmZ2vYt9RbN5sWcE8uHfG1p').waitFor()
      await press(page, 'It is kept')
      await dialogGone(page)
    },
    /status of 422/,
  ))

test('a rule is tried over past sales before it is saved, and what is wrong with it stands beside the field', () =>
  s.at(
    '/workspaces/1/google',
    async (page) => {
      await press(page, 'Change Purchase')
      await page.getByLabel('A person approves each').check()
      await page.getByLabel('With hashed e-mail and phone').uncheck()
      await page.getByLabel('Also where no click is known').check()
      await press(page, 'Try')
      await page.locator('.field-note.bad', { hasText: 'set enhanced as well' }).waitFor()
      await page.getByLabel('Also where no click is known').uncheck()
      await press(page, 'Try')
      await page.getByText('14 of 54 conversions').waitFor()
      await page.getByRole('row', { name: 'Ready → Waiting' }).getByText('12', { exact: true }).waitFor()
      await page.getByText('Google is told the new value').waitFor()
      await page.getByLabel('A person approves each').uncheck()
      await eventually(() => page.locator('.tried').count(), 0)
      await press(page, 'Save')
      await dialogGone(page)
      await press(page, 'Choose an action…')
      await page.getByLabel('Action', { exact: true }).selectOption('Newsletter')
      await press(page, 'Try')
      await page.getByText('14 of 54 conversions').waitFor()
    },
    /status of 422/,
  ))
