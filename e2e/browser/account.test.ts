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
const MAIL_LIMIT_MS = 20_000
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
  await page.getByText('You are invited as analyst.').waitFor()
  await picture(page, 'invited')
  await page.getByLabel('Name', { exact: true }).fill('Jon Berg')
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await press(page, 'Create account and join')
  await page.locator('.switch').waitFor()
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
