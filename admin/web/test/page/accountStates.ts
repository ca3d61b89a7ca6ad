// The states of the pages for accounts, each reached as a person would reach it.
import type { Page } from 'playwright-core'
import { CODE, PASSWORD } from '../../dev/account'
import { loaded } from './browser'
import type { State } from './states'

const shows = (selector: string) => (page: Page) => page.locator(selector).first().waitFor()

const fill = async (page: Page, values: Record<string, string>, button: string) => {
  for (const [label, value] of Object.entries(values)) await page.getByLabel(label, { exact: true }).fill(value)
  await page.getByRole('button', { name: button, exact: true }).click()
}

const dialog = (button: string) => async (page: Page) => {
  await page.getByRole('button', { name: button, exact: true }).click()
  await page.locator('dialog[open]').waitFor()
}

const opened = async (page: Page) => {
  await page.locator('.records.wide li').first().waitFor()
  await page.waitForFunction(() => document.querySelectorAll('.skeleton').length === 0)
  await page.evaluate(() => document.fonts.ready)
}

/** openDialog opens one of the account page's dialogs, by the name of its button. */
export const openDialog = (button: string) => async (page: Page) => {
  await opened(page)
  await dialog(button)(page)
}

/** setUpTotp goes on to the code that a phone scans. */
export const setUpTotp = async (page: Page) => {
  await openDialog('Turn on')(page)
  await fill(page, { 'Your password': PASSWORD }, 'Continue')
  await page.locator('.qr').waitFor()
}

const turnedOn = async (page: Page) => {
  await setUpTotp(page)
  await page.getByLabel('Code from your authenticator app').fill(CODE)
  await page.locator('dialog').getByRole('button', { name: 'Turn on' }).click()
  await page.locator('.codes li').nth(9).waitFor()
}

const signIn = (email: string) => (page: Page) => fill(page, { 'E-mail': email, Password: PASSWORD }, 'Sign in')

/** Those that everybody meets, in both themes, narrow and wide. */
export const accountStates: readonly State[] = [
  { name: 'sign-in', mode: 'signed-out', path: '/', reach: shows('form') },
  { name: 'account-leaving', mode: 'leaving', path: '/account', reach: opened },
  { name: 'totp-scan', path: '/account', reach: setUpTotp, viewport: true },
]

/** Those that differ from them by their words alone, dark and wide, light and narrow. */
export const lesserStates: readonly State[] = [
  { name: 'sign-up-wrong', path: '/sign-up', reach: async (page) => {
    await fill(page, { Name: 'Mara', 'E-mail': 'mara@acme.example', Password: 'short' }, 'Create account')
    await page.locator('.field-note.bad').waitFor()
  } },
  { name: 'sign-up-sent', path: '/sign-up', reach: async (page) => {
    await fill(page, { Name: 'Mara', 'E-mail': 'mara@acme.example', Password: PASSWORD }, 'Create account')
    await page.getByText('Look into your mail').waitFor()
  } },
  { name: 'sign-in-wait', mode: 'signed-out', path: '/', reach: async (page) => {
    await signIn('many@acme.example')(page)
    await page.locator('.form-status.bad').waitFor()
  } },
  { name: 'second-step', mode: 'signed-out', path: '/', reach: async (page) => {
    await signIn('two@acme.example')(page)
    await fill(page, { 'Code from your authenticator app': '111111' }, 'Sign in')
    await page.locator('.field-note.bad').waitFor()
  } },
  { name: 'verify', path: '/verify-email#token=good-0123456789abcdef', reach: shows('form') },
  { name: 'link-expired', path: '/reset-password#token=expired-0123456789abcdef', reach: async (page) => {
    await fill(page, { 'New password': PASSWORD }, 'Set password')
    await page.getByText('This link has expired').waitFor()
  } },
  { name: 'account-page', path: '/account', reach: opened },
  { name: 'invitation', mode: 'signed-out', path: '/invitation#token=good-0123456789abcdef', reach: shows('form') },
  { name: 'recovery-codes', path: '/account', reach: turnedOn, viewport: true },
  { name: 'delete', path: '/account', reach: openDialog('Delete account…'), viewport: true },
  { name: 'overview-leaving', mode: 'leaving', reach: async (page) => {
    await loaded(page)
    await page.getByText('Your account will be deleted').waitFor()
  } },
  { name: 'first-site', mode: 'no-site', path: '/', reach: shows('form') },
]
