// The states of Privacy, each in one of the four forms, one after the other.
import type { State } from './states'
import { opened, stands } from './teamStates'

export const privacyStates: readonly State[] = [
  { name: 'erasures', path: '/workspaces/1/privacy/erasures', reach: stands('.records li') },
  { name: 'erase', path: '/workspaces/1/privacy/erasures', viewport: true, reach: async (page) => {
    await opened('.records li', 'Erase a person…')(page)
    await page.getByLabel('User id').fill('u-1201')
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByLabel('Type it once more').fill('u-1202')
    await page.getByRole('button', { name: 'Erase', exact: true }).click()
    await page.locator('.field-note.bad').waitFor()
  } },
  { name: 'receipt', path: '/workspaces/1/privacy/erasures/5', reach: stands('.found-table') },
  { name: 'corrections', path: '/workspaces/1/privacy/corrections', reach: stands('.correction') },
  { name: 'correct', path: '/workspaces/1/privacy/corrections', viewport: true, unfolds: true, reach: async (page) => {
    await opened('.correction', 'Correct an event…')(page)
    await page.getByLabel('Amount and currency').check()
    await page.getByLabel('Event of Acme Shop').fill('none')
    await page.getByLabel('Amount', { exact: true }).fill('12')
    await page.getByLabel('Why').fill('It was wrong.')
    await page.getByRole('button', { name: 'Correct', exact: true }).click()
    await page.locator('.field-note.bad').waitFor()
  } },
  { name: 'find-event', path: '/workspaces/1/privacy/corrections', viewport: true, unfolds: true, reach: async (page) => {
    await opened('.correction', 'Find an event…')(page)
    await page.getByRole('button', { name: 'Find', exact: true }).click()
    await page.locator('.found-events li').first().waitFor()
  } },
  { name: 'kept', path: '/workspaces/1/privacy/retention', reach: stands('.kept-table') },
  { name: 'copies', path: '/workspaces/1/privacy/copies', reach: stands('.records li') },
]
