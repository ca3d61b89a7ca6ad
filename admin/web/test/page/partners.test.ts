import { test } from 'vitest'
import { SITE } from './states'
import { eventually, stage } from './visit'

const s = stage()

test('a partner is added with what it calls the fields, and deleted', () =>
  s.at(
    `${SITE}/settings/partners`,
    async (page) => {
      await page.getByRole('button', { name: 'Add a partner' }).click()
      await page.getByLabel('Name').fill('cj')
      await page.getByLabel('Fields').fill('amount = total')
      await page.getByRole('button', { name: 'Save' }).click()
      await page.locator('.field-note.bad', { hasText: 'transaction_id' }).waitFor()
      await page.getByLabel('Fields').fill('transaction_id = oid\namount = total')
      await page.getByRole('button', { name: 'Save' }).click()
      await page.locator('dialog').waitFor({ state: 'detached' })
      await page.getByText('partner=cj&oid={transaction_id}&total={amount}').waitFor()
      await page.getByRole('button', { name: 'Delete awin' }).click()
      await page.getByRole('button', { name: 'Delete', exact: true }).click()
      await page.locator('dialog').waitFor({ state: 'detached' })
      await eventually(() => page.locator('.records li').count(), 1)
    },
    /status of 422/,
  ))
