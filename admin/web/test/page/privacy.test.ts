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
    await page.locator('.would-find li', { hasText: '412 rows in ClickHouse, events of Acme Shop' }).waitFor()
    await page.locator('.would-find li', { hasText: 'More than 100,000 rows in Postgres, clicks of Acme Shop' }).waitFor()
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

test('what an erasure would find is said, and does not hold it up', () =>
  at('/workspaces/1/privacy/erasures', async (page) => {
    await press(page, 'Erase a person…')
    await page.getByLabel('User id').fill('nobody')
    await page.keyboard.press('Enter')
    await page.getByText('Nothing. Erasing it still keeps such events out, and those that are on their way.').waitFor()
    await press(page, 'Back')
    await page.getByLabel('User id').fill('slow')
    await page.keyboard.press('Enter')
    await page.getByText('This takes too long; ask for less. It can be erased all the same.').waitFor()
    await page.getByLabel('Type it once more').fill('slow')
    await page.keyboard.press('Enter')
    await page.getByText('It is still being looked for.').waitFor()
  }))

test('an event is found by its day and order, and leads to its correction', () =>
  at('/workspaces/1/privacy/corrections', async (page) => {
    await press(page, 'Find an event…')
    await page.getByLabel('Event of Acme Shop, by').selectOption('Order id')
    await press(page, 'Find')
    await page.locator('.field-note', { hasText: 'Without it nothing is looked for.' }).waitFor()
    await page.getByLabel('Order id').fill('none')
    await press(page, 'Find')
    await page.getByText('There is no such event, or it was deleted.').waitFor()
    await page.getByLabel('Order id').fill('A-1050')
    await press(page, 'Find')
    await page.getByText(/^Sale of €\s?41\.93$/).waitFor()
    await press(page, 'Correct the event 0199d6f0-7a3c-7c41-b5d0-3d3a7f0f6c77')
    await eventually(() => page.getByLabel('Event of Acme Shop').inputValue(), '0199d6f0-7a3c-7c41-b5d0-3d3a7f0f6c77')
    expect(search(page)).toBe('?event=0199d6f0-7a3c-7c41-b5d0-3d3a7f0f6c77')
  }))

test('a copy that failed says why, and another is asked for from there', () =>
  at('/workspaces/1/privacy/copies', async (page) => {
    await page.getByText('The events could not be read: ClickHouse did not answer, or gave up.').waitFor()
    await page.getByRole('button', { name: /^Ask again for the copy of/ }).click()
    await page.getByText('Being made').waitFor()
    expect(await page.getByRole('button', { name: /^Ask again/ }).count()).toBe(0)
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
