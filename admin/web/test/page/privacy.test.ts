// What people do about the rights of others: answering, erasing, correcting, copying.
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { eventually, search, stage } from './visit'

const s = stage()
const REFUSED = /status of (404|409|422)/

const at = (path: string, run: (page: Page) => Promise<void>) => s.at(path, run, REFUSED)
const path = (page: Page) => new URL(page.url()).pathname
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()
const focused = (page: Page) => page.evaluate(() => document.activeElement?.getAttribute('name'))
const dialogGone = (page: Page) => page.locator('dialog').waitFor({ state: 'detached' })

test('a request is answered, and a copy is made', () =>
  at('/workspaces/1/privacy', async (page) => {
    await press(page, 'Open the request of ann@shopper.example')
    await page.getByLabel('State').selectOption('Done')
    await page.getByLabel('Note').fill('It is gone.')
    await press(page, 'Save')
    await dialogGone(page)
    await page.locator('.records li', { hasText: 'ann@shopper.example' }).getByText('Done', { exact: true }).waitFor()
    await page.getByRole('link', { name: 'Copies', exact: true }).click()
    await press(page, 'Make a copy')
    await page.getByText('Being made').waitFor()
    await press(page, 'Make a copy')
    await page.getByText('A copy is being made already; wait until it is ready.').waitFor()
  }))

test('a person is erased once the name is typed again, and the receipt fills itself', () =>
  at('/workspaces/1/privacy/erasures', async (page) => {
    await press(page, 'Erase a person…')
    await page.getByLabel('Named by').selectOption('E-mail address')
    await page.getByLabel('E-mail address').fill('ann')
    await page.keyboard.press('Enter')
    await page.locator('.field-note.bad', { hasText: 'This is no e-mail address.' }).waitFor()
    await page.getByLabel('E-mail address').fill('ann@shopper.example')
    await page.getByLabel('On', { exact: true }).selectOption('Acme Shop')
    await page.keyboard.press('Enter')
    await eventually(() => focused(page), 'again')
    await page.keyboard.type('anne@shopper.example')
    await page.keyboard.press('Enter')
    await page.locator('.field-note.bad', { hasText: 'This is not what stands above.' }).waitFor()
    await page.getByLabel('Type it once more').fill('ann@shopper.example')
    await page.keyboard.press('Enter')
    await page.getByText('It is still being looked for.').waitFor()
    expect(path(page)).toBe('/workspaces/1/privacy/erasures/8')
    await page.clock.fastForward(4000)
    await page.getByText('453 rows in 3 tables').waitFor()
    await eventually(() => page.locator('.timeline .reached').count(), 5)
    await press(page, 'Copy as JSON')
    await eventually(async () => (JSON.parse(await page.evaluate(() => navigator.clipboard.readText())) as { id: string }).id, '8')
    await page.getByRole('link', { name: '← All erasures' }).click()
    await page.locator('.records li', { hasText: 'A person, by e-mail address' }).first().getByText('Gone', { exact: true }).waitFor()
  }))

test('an event is corrected in what was chosen, and stands with before and after', () =>
  at('/workspaces/1/privacy/corrections', async (page) => {
    await page.locator('.correction').nth(1).waitFor()
    await page.getByRole('searchbox', { name: 'Event id' }).fill('e-77')
    await page.keyboard.press('Enter')
    await page.getByText('No event of Acme Shop with this id was corrected.').waitFor()
    expect(search(page)).toBe('?event=e-77')
    await press(page, 'Correct an event…')
    await page.getByLabel('Why').fill('Tax was missing.')
    await press(page, 'Correct')
    await page.getByText('Choose what is to be corrected, and what it is to be.').waitFor()
    await page.getByLabel('Amount and currency').check()
    await page.getByLabel('Items').check()
    await page.getByLabel('Amount', { exact: true }).fill('49.90')
    await page.getByLabel('Items').last().fill('Mug')
    await press(page, 'Correct')
    await page.locator('.field-note.bad', { hasText: '“Mug” does not begin with a number and a name.' }).waitFor()
    await page.getByLabel('Items').first().uncheck()
    await press(page, 'Correct')
    await dialogGone(page)
    expect(await page.locator('.difference tbody tr').allTextContents()).toEqual(['amount1.0049.90'])
    await page.getByText('Being applied').waitFor()
  }))
