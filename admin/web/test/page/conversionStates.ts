// The states of conversions, each in one of the four forms, one after the other.
import { SITE, type State } from './states'
import { stands } from './teamStates'

const AT = `${SITE}/conversions`

export const conversionStates: readonly State[] = [
  { name: 'conversions', path: AT, reach: stands('.conversions tbody tr') },
  { name: 'conversion', path: `${AT}?id=899`, viewport: true, unfolds: true, reach: stands('.line li') },
  { name: 'conversions-narrow', path: `${AT}?reason=review`, unfolds: true, reach: async (page) => {
    await stands('.conversions tbody tr')(page)
    await page.getByLabel('Choose 104855').check()
  } },
  { name: 'conversion-sheet', path: `${AT}?id=896`, viewport: true, unfolds: true, reach: stands('.line li') },
  { name: 'conversion-sale', path: `${AT}?show=none&id=s690`, viewport: true, unfolds: true, reach: stands('.line li') },
  { name: 'conversions-unfit', path: `${AT}?show=held&campaign=None`, reach: stands('.conversion-list .nothing') },
  { name: 'conversions-none', path: AT, mode: 'empty', reach: stands('.teaches') },
  { name: 'google', path: '/workspaces/1/google?result=missing_scopes&missing=adwords', reach: stands('.abilities li') },
  { name: 'google-action', path: '/workspaces/1/google', viewport: true, unfolds: true, reach: async (page) => {
    await stands('.abilities li')(page)
    await page.getByRole('button', { name: 'Choose an action…' }).click()
    await page.getByLabel('Action', { exact: true }).selectOption('Newsletter')
  } },
  { name: 'google-trial', path: '/workspaces/1/google', viewport: true, unfolds: true, reach: async (page) => {
    await stands('.abilities li')(page)
    await page.getByRole('button', { name: 'Change Purchase' }).click()
    await page.getByRole('button', { name: 'Try', exact: true }).click()
    await page.getByText('1 example').click()
    await page.locator('.modal-body').evaluate((e) => e.scrollTo(0, 10_000))
  } },
  { name: 'google-account', path: '/workspaces/1/google', viewport: true, unfolds: true, reach: async (page) => {
    await stands('.abilities li')(page)
    await page.getByRole('button', { name: 'Change…: Acme Shop' }).click()
    await page.locator('dialog .choice').first().waitFor()
  } },
  { name: 'attribution', path: `${SITE}/attribution`, unfolds: true, reach: async (page) => {
    await stands('.models tbody tr')(page)
    await page.getByRole('button', { name: 'Try', exact: true }).click()
    await page.getByText('would have another click').waitFor()
    await page.getByText('1 example').click()
  } },
  { name: 'partners', path: `${SITE}/settings/partners`, reach: stands('.records li') },
  { name: 'conversions-error', path: AT, mode: 'error', reach: stands('.conversion-list .problem') },
]
