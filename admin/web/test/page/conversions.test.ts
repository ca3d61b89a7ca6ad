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
    await eventually(async () => (await orders(page)).length, 10)
    expect(await page.locator('.chain .value').allTextContents()).toEqual(['10', '9', '5', '5', '5', '3'])
    await page.locator('.lost').getByRole('link', { name: '2 A person has to approve it' }).click()
    await eventually(() => orders(page), ['104855', '104853'])
    expect(search(page)).toBe('?state=waiting&reason=review')
    await page.getByLabel('Choose all that are shown').check()
    await press(page, 'Approve…')
    await page.locator('.preview-table').getByText('o-104855').waitFor()
    await press(page, 'Approve 2 conversions')
    await page.getByText('2 conversions are approved.').waitFor()
    await press(page, 'Done')
    await page.getByText('No conversion fits this filter.').waitFor()
    await press(page, 'Show all')
    await page.locator('.conversions tr', { hasText: '104853' }).getByText('Ready').waitFor()
    expect(await page.getByRole('group', { name: 'Which' }).getByRole('button').allTextContents()).toEqual(['All 10', 'Needs a person 0', 'Held 2', 'Not final 4'])
  }))

test('a conversion tells its whole way, at an address of its own, and Esc leads back to its line', () =>
  at('?show=open', async (page) => {
    await press(page, 'All 10')
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
