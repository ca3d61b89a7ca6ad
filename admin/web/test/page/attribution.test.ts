import { expect, test } from 'vitest'
import { SITE } from './states'
import { search, stage } from './visit'

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
    await page.getByText('3 of 54 sales would differ').waitFor()
    await page.getByText('1 example').click()
    await page.getByText('gclid CjKC…x7wE').waitFor()
    await page.getByRole('link', { name: 'Change it in the site’s settings' }).click()
    await page.getByLabel('Look-back in days').waitFor()
  }))
