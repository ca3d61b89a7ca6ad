import { expect, test } from 'vitest'
import { SITE } from './states'
import { eventually, search, stage } from './visit'

const s = stage()

test('models stand side by side, and another look-back is tried before it is saved', () =>
  s.at(`${SITE}/attribution`, async (page) => {
    await page.locator('.models tbody tr').first().waitFor()
    expect(await page.locator('.models tbody tr').first().locator('b').allTextContents()).toEqual(['40', '22', '31.50', '35.25', '32'])
    await page.getByText('19 sales without an ad click before them').waitFor()
    await page.getByRole('button', { name: 'Source', exact: true }).click()
    expect(search(page)).toBe('?by=source')
    await page.getByLabel('Days').fill('7')
    await page.keyboard.press('Enter')
    await page.getByText('3 of 54 sales would have another click').waitFor()
    await page.getByText('Ready → Held').waitFor()
    await page.getByText('1 example').click()
    await page.getByText('Ready · €\u202f49.90 · gclid CjKC…x7wE').waitFor()
    await page.getByRole('button', { name: 'Save 7 days' }).click()
    await page.getByText('past sales keep their click').waitFor()
    await page.getByLabel('Days').fill('8')
    await eventually(() => page.getByText('Ready → Held').count(), 0)
  }))

test('a look-back is tried where the settings of a site are', () =>
  s.at(`${SITE}/settings/collecting`, async (page) => {
    await page.getByLabel('Look-back in days').fill('7')
    await page.getByRole('button', { name: 'Try the look-back' }).click()
    await page.getByText('3 of 54 conversions').waitFor()
  }))
