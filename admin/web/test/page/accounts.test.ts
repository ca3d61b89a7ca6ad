// What people do with their own login: where errors stand and the focus goes, what is shown once, and
// where links lead.
import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { CODE, PASSWORD, RECOVERY_CODES } from '../../dev/account'
import { openDialog, setUpTotp } from './accountStates'
import { loaded } from './browser'
import { SITE } from './states'
import { eventually, stage } from './visit'

const s = stage()
const { mock, visit } = s
const REFUSED = /status of (401|404|410|422|429)/

const at = (path: string, mode: 'normal' | 'signed-out' | 'no-site', run: (page: Page) => Promise<void>) => {
  mock().restart(mode)
  return s.at(path, run, REFUSED)
}
const focused = (page: Page) => page.evaluate(() => document.activeElement?.getAttribute('name'))
const note = (page: Page, label: string) => page.locator('.form-field', { has: page.getByLabel(label, { exact: true }) }).locator('.field-note').textContent()
const path = (page: Page) => new URL(page.url()).pathname

describe('signing in', () => {
  test('by keyboard alone, back to where one wanted to go', () =>
    at(`${SITE}?range=7d`, 'signed-out', async (page) => {
      await page.getByRole('heading', { name: 'Sign in' }).waitFor()
      expect(await page.title()).toBe('Sign in · Noctra')
      await page.keyboard.press('Enter')
      await eventually(() => note(page, 'Password'), 'Your password is needed.')
      await eventually(() => focused(page), 'email')
      await page.keyboard.type('mara@acme.example')
      await page.keyboard.press('Tab')
      await page.keyboard.type('not this one')
      await page.keyboard.press('Enter')
      await eventually(() => note(page, 'Password'), 'E-mail address or password is wrong.')
      await eventually(() => focused(page), 'password')
      await page.keyboard.press('ControlOrMeta+a')
      await page.keyboard.type(PASSWORD)
      await page.keyboard.press('Enter')
      await loaded(page)
      expect(page.url()).toContain(`${SITE}?range=7d`)
    }))
  test('what password managers look for is there', () =>
    at('/', 'signed-out', async (page) => {
      const kinds = () => page.locator('form input').evaluateAll((all) => all.map((i) => `${i.getAttribute('type')} ${i.getAttribute('autocomplete')}`))
      await eventually(kinds, ['email username', 'password current-password'])
      await page.getByRole('link', { name: 'Create an account' }).click()
      await eventually(kinds, ['null name', 'email username', 'password new-password'])
    }))
  test('too many attempts say when to come again', () =>
    at('/', 'signed-out', async (page) => {
      await page.getByLabel('E-mail').fill('many@acme.example')
      await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
      await page.getByRole('button', { name: 'Sign in', exact: true }).click()
      const shown = page.locator('.form-status [aria-hidden]')
      const left = async () => Number(/Try again in (\d+) seconds/.exec((await shown.textContent()) ?? '')?.[1])
      await shown.waitFor()
      const first = await left()
      expect(first).toBeGreaterThan(60)
      await page.clock.runFor(30_000)
      expect(await left()).toBeLessThanOrEqual(first - 30)
      await page.clock.runFor(70_000)
      await shown.getByText('You can try again now.').waitFor()
    }))
  test('in two steps, with a recovery code', () =>
    at('/', 'signed-out', async (page) => {
      await page.getByLabel('E-mail').fill('two@acme.example')
      await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: 'Second step' }).waitFor()
      await eventually(() => focused(page), 'code')
      await page.getByRole('button', { name: 'Use a recovery code' }).click()
      await eventually(() => focused(page), 'recovery_code')
      await page.keyboard.type('nonsense')
      await page.keyboard.press('Enter')
      await eventually(() => note(page, 'Recovery code'), 'This recovery code is wrong, or was used already.')
      await page.getByLabel('Recovery code').fill(RECOVERY_CODES[0]!)
      await page.keyboard.press('Enter')
      await loaded(page)
    }))
  test('a second step that took too long begins again', () =>
    at('/', 'signed-out', async (page) => {
      await page.getByLabel('E-mail').fill('two@acme.example')
      await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
      await page.keyboard.press('Enter')
      await page.getByLabel('Code from your authenticator app').fill('000000')
      await page.keyboard.press('Enter')
      await page.getByRole('button', { name: 'Back to sign-in' }).click()
      await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    }))
  test('a sign-in that ended while the page was open is asked for anew', () =>
    visit('', async (page) => {
      mock().mode = 'signed-out'
      await page.keyboard.press('d')
      await page.getByRole('heading', { name: 'Sign in' }).waitFor()
      mock().mode = 'normal'
    }, REFUSED))
})

describe('mailed links', () => {
  test('a new account begins with the password', () =>
    at('/verify-email#token=good-0123456789abcdef', 'signed-out', async (page) => {
      await page.getByLabel('Password', { exact: true }).fill('something else')
      await page.keyboard.press('Enter')
      await eventually(() => note(page, 'Password'), 'This is not your password.')
      await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
      await page.keyboard.press('Enter')
      await loaded(page)
      expect(new URL(page.url()).hash).toBe('')
    }))
  test.each([
    ['/verify-email#token=used-0123456789abcdef', 'This link was used already', 'Sign in'],
    ['/verify-email#token=expired-0123456789abcdef', 'This link has expired', 'Sign up again'],
    ['/reset-password#token=wrong-0123456789abcdef', 'This link does not work', 'Ask for another link'],
    ['/reset-password', 'This link does not work', 'Ask for another link'],
  ])('%s says what to do', (link, title, next) =>
    at(link, 'signed-out', async (page) => {
      const password = page.locator('input[name=password]')
      if (link.includes('#')) {
        await password.fill(PASSWORD)
        await page.keyboard.press('Enter')
      }
      await page.getByRole('heading', { name: title }).waitFor()
      await page.getByRole('link', { name: next }).click()
      await eventually(() => path(page) + new URL(page.url()).hash, next === 'Sign in' ? '/' : next === 'Sign up again' ? '/sign-up' : '/forgot-password')
    }))
  test('a new address is confirmed by whoever signs in', () =>
    at('/confirm-email#token=good-0123456789abcdef', 'signed-out', async (page) => {
      await page.getByLabel('E-mail').fill('mara@acme.example')
      await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
      await page.keyboard.press('Enter')
      await page.getByRole('button', { name: 'Confirm new address' }).click()
      await page.getByText('Your new address is confirmed').waitFor()
    }))
})

describe('an invitation', () => {
  test('is accepted by whom it is for, who signs in first', () =>
    at('/invitation#token=good-0123456789abcdef', 'signed-out', async (page) => {
      await page.getByRole('heading', { name: 'Join Acme Media' }).waitFor()
      await page.getByText('You are invited as campaign manager.').waitFor()
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.getByLabel('E-mail').fill('mara@acme.example')
      await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
      await page.keyboard.press('Enter')
      await page.getByRole('button', { name: 'Join' }).click()
      await loaded(page)
    }))
  test('for somebody else says so', () =>
    at('/invitation#token=other-0123456789abcdef', 'normal', async (page) => {
      await page.getByText('It is for jon@acme.example, and you are signed in as mara@acme.example.').waitFor()
      await page.getByRole('button', { name: 'Sign out' }).click()
      await page.getByLabel('Name', { exact: true }).fill('Jon Berg')
      await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
      await page.getByRole('button', { name: 'Create account and join' }).click()
      await loaded(page)
    }))
  test('that has expired says what to do', () =>
    at('/invitation#token=expired-0123456789abcdef', 'normal', async (page) => {
      await page.getByText('Invitations are good for a week.').waitFor()
    }))
})

describe('the account', () => {
  test('two-step sign-in is turned on, and its codes are kept before they are gone', () =>
    at('/account', 'normal', async (page) => {
      await setUpTotp(page)
      await eventually(() => focused(page), 'code')
      await page.getByLabel('Code from your authenticator app').fill('111111')
      await page.keyboard.press('Enter')
      await eventually(() => note(page, 'Code from your authenticator app'), 'This code is wrong, or was used already; wait for the next.')
      await page.getByLabel('Code from your authenticator app').fill(`${CODE.slice(0, 3)} ${CODE.slice(3)}`)
      await page.keyboard.press('Enter')
      await eventually(() => page.locator('.codes li').allTextContents(), RECOVERY_CODES)
      await page.keyboard.press('Escape')
      await page.keyboard.press('Escape')
      await eventually(() => page.locator('dialog[open] .codes').count(), 1)
      const [saved] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download' }).click()])
      expect(await readFile(await saved.path(), 'utf8')).toContain(RECOVERY_CODES.join('\n'))
      await page.getByRole('button', { name: 'Copy', exact: true }).click()
      await page.getByRole('button', { name: 'Copied' }).waitFor()
      expect(await page.evaluate(() => navigator.clipboard.readText())).toContain(RECOVERY_CODES[9])
      expect(await page.getByRole('button', { name: 'Done' }).isDisabled()).toBe(true)
      await page.getByLabel('I have kept them').check()
      await page.getByRole('button', { name: 'Done' }).click()
      await page.getByText('10 left').waitFor()
    }))
  test('a name, an address that waits, and taking it back', () =>
    at('/account', 'normal', async (page) => {
      await openDialog('Change name')(page)
      await page.getByLabel('Name', { exact: true }).fill('Mara Lindqvist')
      await page.keyboard.press('Enter')
      await page.locator('.setting-value', { hasText: 'Mara Lindqvist' }).waitFor()
      await eventually(() => page.evaluate(() => document.activeElement?.getAttribute('aria-label')), 'Change name')
      await openDialog('Change e-mail address')(page)
      await page.getByLabel('New e-mail address').fill('mara@new.example')
      await page.getByLabel('Your password', { exact: true }).fill(PASSWORD)
      await page.keyboard.press('Enter')
      await page.getByText('Waiting for mara@new.example to be confirmed').waitFor()
      await page.getByRole('button', { name: 'Take the change back' }).click()
      await page.getByText('Waiting for').waitFor({ state: 'detached' })
    }))
  test('sign-ins elsewhere end', () =>
    at('/account', 'normal', async (page) => {
      const devices = () => page.locator('.records.wide b').allTextContents()
      await eventually(devices, ['Chrome on Windows', 'Safari on iPhone', 'Firefox on Linux'])
      await page.getByText('Times are in your time zone, America/New_York (UTC−5).').waitFor()
      await page.getByRole('button', { name: /^End the sign-in of Firefox/ }).click()
      await page.getByLabel('Your password', { exact: true }).fill(PASSWORD)
      await page.keyboard.press('Enter')
      await eventually(devices, ['Chrome on Windows', 'Safari on iPhone'])
      await page.getByRole('button', { name: 'End all others' }).click()
      await page.getByLabel('Your password', { exact: true }).fill('something else')
      await page.keyboard.press('Enter')
      await page.getByText('This is not your password.').waitFor()
      await page.getByLabel('Your password', { exact: true }).fill(PASSWORD)
      await page.keyboard.press('Enter')
      await eventually(devices, ['Chrome on Windows'])
    }))
  test('loses a passkey for the password alone', () =>
    at('/account', 'normal', async (page) => {
      await page.getByRole('button', { name: 'Remove passkey Laptop' }).click()
      await page.getByLabel('Your password', { exact: true }).fill('something else')
      await page.keyboard.press('Enter')
      await page.getByText('This is not your password.').waitFor()
      await page.getByLabel('Your password', { exact: true }).fill(PASSWORD)
      await page.keyboard.press('Enter')
      await page.getByText('None yet').waitFor()
    }))
  test('is deleted later, and kept', () =>
    at('/account', 'normal', async (page) => {
      await openDialog('Delete account…')(page)
      await page.getByLabel('Your password', { exact: true }).fill(PASSWORD)
      await page.keyboard.press('Enter')
      await page.locator('.setting-value', { hasText: '1 Dec 2026, 08:13' }).waitFor()
      await page.getByRole('link', { name: 'Overview' }).click()
      await page.getByText('Your account will be deleted on 1 Dec 2026, 08:13, America/New_York (UTC−5).').waitFor()
      await page.getByRole('button', { name: 'Keep my account' }).click()
      await page.getByText('Your account will be deleted').waitFor({ state: 'detached' })
    }))
  test('is found in the menu, and left', () =>
    visit('', async (page) => {
      await page.locator('.account').click()
      await page.getByRole('menuitem', { name: 'Your account' }).click()
      await page.getByRole('heading', { name: 'Your account' }).waitFor()
      expect(await page.title()).toBe('Your account · Noctra')
      await page.locator('.account').click()
      await page.getByRole('menuitem', { name: 'Sign out' }).click()
      await page.getByRole('heading', { name: 'Sign in' }).waitFor()
      expect(path(page)).toBe('/')
    }, REFUSED))
  test('without a site begins with one', () =>
    at('/', 'no-site', async (page) => {
      expect(await page.getByLabel('Time zone').inputValue()).toBe('America/New_York')
      await page.getByLabel('Name', { exact: true }).fill('Shoes')
      await page.getByLabel('Host names').fill('shoes.example')
      await page.getByRole('button', { name: 'Add site' }).click()
      await page.getByText('Waiting for the first event').waitFor()
    }))
})
