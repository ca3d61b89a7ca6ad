// From an ad click in the shop to what Google has accepted, as the dashboard tells it.
import { expect, test } from 'vitest'
import { stage } from './stage.ts'

const s = stage()
const ACCEPTED_WITHIN_MS = 180_000

test('a sale after an ad click is accepted in the list, and its drawer tells the way', async () => {
  const faults: string[] = []
  const shop = await s.open(faults)
  await shop.goto(`${s.product.ready.shop_url}?gclid=CjwKCAjw-browser-of-the-tests_1234`)
  await shop.locator('.ask').getByRole('button', { name: 'Yes' }).click()
  await shop.locator('.tile').first().click()
  await shop.getByRole('button', { name: 'Add to cart' }).click()
  await shop.getByRole('link', { name: 'Checkout' }).click()
  await shop.locator('#pay').click()
  const order = (await shop.locator('#order-id').textContent())?.trim() ?? ''
  expect(order).not.toBe('')

  const dashboard = await s.open(faults)
  await dashboard.goto(s.product.ready.demo.sign_in_url)
  await dashboard.getByRole('link', { name: 'Conversions', exact: true }).click()
  const line = dashboard.locator('.conversions tbody tr', { hasText: order })
  await line.getByText('Accepted', { exact: true }).waitFor({ timeout: ACCEPTED_WITHIN_MS })
  await line.getByRole('link').click()
  await dashboard.locator('.drawer .line').getByText('Sent to Google', { exact: true }).waitFor()
  await dashboard.locator('.drawer .line').getByText('Ad click', { exact: true }).waitFor()
  await dashboard.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Google Ads', exact: true }).click()
  await dashboard.locator('.abilities').first().waitFor()
  await dashboard.getByRole('link', { name: 'Attribution', exact: true }).click()
  await dashboard.locator('.models tbody tr').first().waitFor()
  expect(faults).toEqual([])
})
