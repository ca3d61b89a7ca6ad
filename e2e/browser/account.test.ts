// A person comes, by what they see alone: signs up, finds the mail in the inbox, is in, turns the
// second step on, leaves, and comes back in two steps. Somebody else is invited, and somebody comes back with a passkey.
import { createHmac } from 'node:crypto'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { OUT, stage } from './stage.ts'

const s = stage({ adminHost: 'localhost' }) // where browsers allow passkeys without https

const EMAIL = 'mara@acme.example'
const GUEST = 'jon@acme.example'
const PASSWORD = 'vier Worte am Stück'
const MAIL_LIMIT_MS = 60_000
const STEP_MS = 30_000

const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()
const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true }).waitFor()
const picture = (page: Page, name: string) => page.screenshot({ path: `${OUT}/account-${name}.png` })

/** openMail goes to the demo's inbox and follows the link of the newest message to an address. */
async function openMail(page: Page, subject: string, to = EMAIL): Promise<void> {
  const inbox = s.product.ready.fakes['mail']!
  const message = page.getByRole('link', { name: subject, exact: true }).first()
  await expect.poll(async () => (await page.goto(`${inbox}/?to=${to}`), message.count()), { timeout: MAIL_LIMIT_MS }).toBeGreaterThan(0)
  await message.click()
  await page.locator('pre a').first().click()
}

/** codeAt is what an authenticator app shows: RFC 6238, six digits of SHA-1. */
function codeAt(secret: string, at: number): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  const bits = [...secret.replace(/\s/g, '')].map((c) => letters.indexOf(c).toString(2).padStart(5, '0')).join('')
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((b) => parseInt(b, 2)))
  const step = Buffer.alloc(8)
  step.writeBigUInt64BE(BigInt(Math.floor(at / STEP_MS)))
  const mac = createHmac('sha1', key).update(step).digest()
  const number = mac.readUInt32BE(mac[mac.length - 1]! & 15) & 0x7fffffff
  return (number % 1_000_000).toString().padStart(6, '0')
}

async function signOut(page: Page): Promise<void> {
  await page.locator('.account').click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await heading(page, 'Sign in')
}

test('from sign-up to a sign-in in two steps', async () => {
  const faults: string[] = []
  const page = await s.open(faults)
  await page.goto(`${s.product.ready.admin_url}/account`)
  await heading(page, 'Sign in')
  faults.length = 0 // the browser's line about the 401 that asks for it
  await page.getByRole('link', { name: 'Create an account' }).click()
  await page.getByLabel('Name', { exact: true }).fill('Mara Lindqvist')
  await page.getByLabel('E-mail').fill(EMAIL)
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await press(page, 'Create account')
  await heading(page, 'Look into your mail')
  await picture(page, 'mail')

  await openMail(page, 'Confirm your address for Noctra')
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await press(page, 'Confirm and sign in')
  await heading(page, 'Your first site')
  await page.getByLabel('Name', { exact: true }).fill('Shoes')
  await page.getByLabel('Host names').fill('shoes.example')
  await press(page, 'Add site')
  await page.getByText('Waiting for the first event').waitFor()

  await page.locator('.account').click()
  await page.getByRole('menuitem', { name: 'Your account' }).click()
  await press(page, 'Turn on')
  await page.getByLabel('Your password', { exact: true }).fill(PASSWORD)
  await press(page, 'Continue')
  const secret = (await page.locator('.secret').textContent()) ?? ''
  await picture(page, 'totp')
  await page.getByLabel('Code from your authenticator app').fill(codeAt(secret, Date.now()))
  await page.locator('dialog').getByRole('button', { name: 'Turn on' }).click()
  await page.locator('.codes li').nth(9).waitFor()
  await page.getByLabel('I have kept them').check()
  await press(page, 'Done')
  await page.getByText('10 left').waitFor()
  await picture(page, 'page')
  expect(faults).toEqual([])

  await signOut(page)
  await page.getByLabel('E-mail').fill(EMAIL)
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await press(page, 'Sign in')
  await heading(page, 'Second step')
  await page.getByLabel('Code from your authenticator app').fill(codeAt(secret, Date.now() + STEP_MS)) // each step's code is good once
  await press(page, 'Sign in')
  await page.getByText('Waiting for the first event').waitFor()
})

test('who is invited finds the mail and joins, gets another role, and the audit says so', async () => {
  const faults: string[] = []
  const owner = await s.open(faults)
  await owner.goto(s.product.ready.demo.sign_in_url)
  await owner.getByRole('link', { name: 'Members' }).click()
  await press(owner, 'Invite')
  await owner.getByLabel('E-mail address').fill(GUEST)
  await press(owner, 'Send invitation')
  await owner.locator('.records', { hasText: GUEST }).waitFor()

  const guest = await s.open([])
  await openMail(guest, 'You are invited to a workspace on Noctra', GUEST)
  await guest.getByText('You are invited as analyst.').waitFor()
  await picture(guest, 'invited')
  await guest.getByLabel('Name', { exact: true }).fill('Jon Berg')
  await guest.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await press(guest, 'Create account and join')
  await guest.locator('.switch-text').waitFor()
  expect(await guest.getByRole('link', { name: 'Members' }).count()).toBe(0)

  await owner.reload()
  await owner.getByRole('button', { name: 'Change Jon Berg' }).click()
  await owner.getByRole('menuitem', { name: 'Change role…' }).click()
  await owner.getByLabel('Admin').check()
  await press(owner, 'Change role')
  await owner.locator('.members-table tr', { hasText: 'Jon Berg' }).getByText('admin', { exact: true }).waitFor()
  await owner.getByRole('link', { name: 'Audit' }).click()
  await owner.getByRole('button', { name: /^Show what .* changed a role$/ }).click()
  await expect.poll(() => owner.locator('.difference tbody tr').allTextContents()).toEqual(['roleanalystadmin'])
  await picture(owner, 'audit')
  expect(faults).toEqual([])
  await guest.reload()
  await guest.getByRole('link', { name: 'Members' }).click()
  await guest.locator('.members-table tr', { hasText: 'Jon Berg' }).getByText('You').waitFor()
})

test('a passkey is added, and signs in', async () => {
  const page = await s.open([])
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('WebAuthn.enable')
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  })
  await page.goto(s.product.ready.demo.sign_in_url)
  await page.locator('.account').click()
  await page.getByRole('menuitem', { name: 'Your account' }).click()
  await press(page, 'Add a passkey')
  await page.getByLabel('Name', { exact: true }).fill('Work laptop')
  await press(page, 'Continue')
  await page.locator('.records').getByText('Work laptop').waitFor()
  await signOut(page)
  await press(page, 'Sign in with a passkey')
  await page.locator('.account-name').waitFor()
})
