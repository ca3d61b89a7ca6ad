// What people do about sales on their way to Google.
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { SITE } from './states'
import { eventually, search, stage } from './visit'

const s = stage()
const at = (query: string, run: (page: Page) => Promise<void>) => s.at(`${SITE}/conversions${query}`, run)
const orders = (page: Page) => page.locator('.conversions tbody th').allTextContents()
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()

test('a reason in the band filters the list, and those that wait for a person are approved as previewed', () =>
  at('', async (page) => {
    await eventually(async () => (await orders(page)).length, 12)
    expect(await page.locator('.chain .value').allTextContents()).toEqual(['12', '10', '5', '5', '5', '3'])
    await page.locator('.lost').getByRole('link', { name: '2 A person has to approve it' }).click()
    await eventually(() => orders(page), ['104855', '104853'])
    expect(search(page)).toBe('?state=waiting&reason=review')
    await page.getByLabel('Choose all that are shown').check()
    await press(page, 'Approve…')
    await page.locator('.preview-table').getByText('o-104855').waitFor()
    await press(page, 'Approve 2 conversions')
    await page.getByText('2 conversions are approved.').waitFor()
    await press(page, 'Done')
    await page.getByText('No sale fits this filter.').waitFor()
    await press(page, 'Show all')
    await page.locator('.conversions tr', { hasText: '104853' }).getByText('Ready').waitFor()
    expect(await page.getByRole('group', { name: 'Which' }).getByRole('button').allTextContents()).toEqual(['All 12', 'Needs a person 0', 'Held 2', 'Not final 4', 'No conversion 2'])
  }))

test('a conversion tells its whole way, at an address of its own, and Esc leads back to its line', () =>
  at('?show=open', async (page) => {
    await press(page, 'All 12')
    await page.getByRole('link', { name: '104879' }).click()
    await page.locator('.drawer .line').waitFor()
    expect(search(page)).toBe('?id=899')
    expect(await page.locator('.line b').allTextContents()).toEqual(['Ad click', 'Sale', 'Matched to the click', 'Gates passed', 'Waiting', 'Sent to Google', 'Received', 'Accepted', 'Refund of €\u202f64.95', 'Restatement to €\u202f64.95 accepted'])
    await page.getByText('Payload, identifiers masked').click()
    await page.locator('.line pre', { hasText: 'CjKC…x7wE' }).waitFor()
    await page.keyboard.press('Escape')
    await page.locator('.drawer').waitFor({ state: 'detached' })
    expect(await page.evaluate(() => document.activeElement?.getAttribute('data-conversion'))).toBe('899')
  }))

test('what is searched is found on whatever day; what somebody else moved comes by itself', () =>
  at('?range=today', async (page) => {
    await page.getByRole('searchbox').fill('o-104866')
    await eventually(() => orders(page), ['104866'])
    await page.getByText('The click is older than Google takes').last().waitFor()
    Object.assign(s.mock().conversions.all[3]!, { state: 'ready', display_state: 'ready', reason: undefined, reason_words: undefined })
    await page.clock.fastForward(11_000)
    await page.locator('.conversions').getByText('It is sent within two minutes').waitFor()
  }))

test('the nightly check says what was compared, what was mended and what stays', () =>
  at('', async (page) => {
    await page.getByText('8 days compared, 1 difference mended.').waitFor()
    await page.getByText('It was read, and its event is not stored').waitFor()
    await page.getByText('1 difference of').first().click()
    await page.locator('.differences').first().getByText('0192f0c1-7c3a-7000-8000-000000010002').waitFor()
  }))

test('sales without a conversion are in the list, with a reason and a way of their own', () =>
  at('', async (page) => {
    await page.locator('.lost').getByRole('link', { name: '1 No conversion action is chosen for it' }).click()
    await eventually(() => orders(page), ['104832'])
    expect(search(page)).toBe('?state=none&reason=no_action')
    expect(await page.locator('.conversions tbody input').count()).toBe(0)
    await page.goBack()
    await press(page, 'No conversion 2')
    await eventually(() => orders(page), ['104841', '104832'])
    await page.getByRole('link', { name: '104841' }).click()
    await page.locator('.drawer .line').waitFor()
    expect(search(page)).toBe('?show=none&id=s690')
    expect(await page.locator('.line b').allTextContents()).toEqual(['Ad click', 'Sale', 'Matched to the click', 'No conversion'])
    const made = s.mock().conversions.all[10]!
    Object.assign(made, { id: '890', state: 'ready', display_state: 'ready', reason: undefined, reason_words: undefined, transaction_id: 'o-104841' })
    await page.clock.fastForward(11_000)
    await page.locator('.drawer').getByRole('link', { name: 'A conversion was made of it' }).click()
    expect(search(page)).toBe('?show=none&id=890')
  }))

test('parts count within what else is chosen, the file has the same filter, and what needs a person is of every day', () =>
  at('?campaign=Brand+DE', async (page) => {
    const parts = () => page.getByRole('group', { name: 'Which' }).getByRole('button').allTextContents()
    await eventually(parts, ['All 4', 'Needs a person 2', 'Held 0', 'Not final 2', 'No conversion 1'])
    await press(page, 'Needs a person 2')
    await eventually(() => orders(page), ['104855', '104853'])
    const file = new URL((await page.getByRole('link', { name: 'CSV' }).getAttribute('href')) ?? '', page.url()).searchParams
    expect([file.get('needs'), file.get('campaign'), file.get('from'), file.get('include'), file.get('format')]).toEqual(['person', 'Brand DE', null, null, 'csv'])
    await page.getByText('2 shown, of all days').waitFor()
    await press(page, 'Not only campaign Brand DE')
    await eventually(parts, ['All 12', 'Needs a person 2', 'Held 2', 'Not final 4', 'No conversion 2'])
    await page.goBack()
    await page.goBack()
    await eventually(async () => (await orders(page)).length, 4)
  }))

test('the navigation says how many need a person, and nothing where none does', () =>
  at('', async (page) => {
    const line = page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Conversions', exact: true })
    await page.locator('.nav-badge', { hasText: /^2$/ }).waitFor()
    expect(await page.locator('#nav-needs').textContent()).toBe('2 conversions need a person')
    expect(await line.getAttribute('aria-describedby')).toBe('nav-needs')
    for (const c of s.mock().conversions.all) if (c['reason_class'] === 'customer') c['reason_class'] = 'gate'
    await page.clock.fastForward(61_000)
    await page.locator('.nav-badge').waitFor({ state: 'detached' })
  }))

test('the page names the account, and says first of all what keeps everything from it', () =>
  at('', async (page) => {
    const lead = page.locator('.lead')
    await lead.getByText('200-000-0002').waitFor()
    expect(await lead.getByRole('link', { name: 'Google Ads' }).getAttribute('href')).toBe('/workspaces/1/google')
    const to = s.mock().conversions.destinations
    const only = (to['destinations'] as object[])[0]
    to['destinations'] = [{ ...only, reason: 'reconnect', reason_words: 'The connection to Google has to be made again' }]
    await page.clock.fastForward(31_000)
    await lead.getByText('Nothing is sent: the connection to Google has to be made again.').waitFor()
    s.mock().conversions.all.length = 0
    to['destinations'] = []
    await page.clock.fastForward(31_000)
    await lead.getByText('No conversion action is chosen for this site: nothing is sent.').waitFor()
    await page.getByRole('link', { name: 'Choose an action' }).waitFor()
    to['connected'] = false
    await page.clock.fastForward(31_000)
    await lead.getByText('No account is connected: nothing is sent.').waitFor()
    await page.getByRole('link', { name: 'Connect Google Ads' }).waitFor()
  }))
