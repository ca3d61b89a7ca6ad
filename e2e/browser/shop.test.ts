// The main job, end to end: a person clicks through the shop in one tab, and sees the visit arrive
// in the chart of the other.
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { violations } from '../../admin/web/test/page/axe.ts'
import { loaded } from '../../admin/web/test/page/browser.ts'
import { AGENT, OUT, stage, type View } from './stage.ts'

const s = stage()
const SHOWN_WITHIN_MS = 60_000 // the promise is 2 s; two cores run a browser, the whole product and the other tests here

const card = (page: Page, name: string) => page.locator('.card', { hasText: name }).locator('.value')
const number = async (page: Page, name: string) => Number((await card(page, name).textContent())?.replace(/[^\d.]/g, ''))

test('an empty site teaches, and the first visit turns the page into a chart', async () => {
  const faults: string[] = []
  const dashboard = await s.open(faults)
  await dashboard.goto(s.product.ready.demo.sign_in_url)
  await dashboard.getByText('Waiting for the first event').waitFor()
  await dashboard.screenshot({ path: `${OUT}/first-start.png`, fullPage: true })

  const shop = await s.open(faults)
  await shop.goto(s.product.ready.shop_url)
  await dashboard.locator('.cards').waitFor({ timeout: SHOWN_WITHIN_MS })
  await loaded(dashboard)
  await expect.poll(() => number(dashboard, 'Pageviews'), { timeout: SHOWN_WITHIN_MS }).toBe(1)

  await buy(shop)
  await expect.poll(() => number(dashboard, 'Pageviews'), { timeout: SHOWN_WITHIN_MS }).toBe(6)
  await expect.poll(() => number(dashboard, 'Sales'), { timeout: SHOWN_WITHIN_MS }).toBe(1)
  expect(await number(dashboard, 'Visitors')).toBe(1)
  await dashboard.locator('.panel', { hasText: 'Pages' }).getByText('/order/done').first().waitFor()

  // The same in the reports API, to the micro: what the shop charged is what is reported.
  const total = Number((await shop.locator('.total dd').textContent())?.replace(/[^\d.]/g, ''))
  const [sales, revenue] = await s.product.report(['sales', 'revenue'])
  expect({ sales, revenue: Number(revenue) }).toEqual({ sales: 1, revenue: total })

  // Opening the order's page again reports the sale no second time.
  await shop.reload()
  await expect.poll(() => number(dashboard, 'Pageviews'), { timeout: SHOWN_WITHIN_MS }).toBe(7)
  expect(await number(dashboard, 'Sales')).toBe(1)
  expect(faults).toEqual([])
})

/** buy walks from the first page to an order: product, cart, checkout, done. */
async function buy(shop: Page): Promise<void> {
  await shop.locator('.ask').getByRole('button', { name: 'Yes' }).click()
  await shop.locator('.tile').first().click()
  await shop.getByRole('button', { name: 'Add to cart' }).click()
  await shop.getByRole('link', { name: 'Checkout' }).click()
  await shop.locator('#pay').click()
  await shop.locator('#order-id').waitFor()
}

const views: View[] = (['light', 'dark'] as const).flatMap((theme) => [{ theme, width: 1440 }, { theme, width: 375 }])

test.each(views)('the page with data, $theme, $width px', async (view) => {
  const faults: string[] = []
  const page = await s.open(faults, view)
  await page.goto(s.product.ready.demo.sign_in_url)
  await page.locator('.cards').waitFor()
  await loaded(page)
  await page.screenshot({ path: `${OUT}/dashboard-${view.theme}-${view.width}.png`, fullPage: true })
  const overflow = await page.evaluate(() => Math.max(0, document.documentElement.scrollWidth - innerWidth))
  expect({ faults, accessibility: await violations(page), overflow }).toEqual({ faults: [], accessibility: [], overflow: 0 })
})

test('without ClickHouse the page says so, and comes back by itself', async () => {
  const faults: string[] = []
  const page = await s.open(faults)
  await page.goto(s.product.ready.demo.sign_in_url)
  await loaded(page)
  s.product.signal('clickhouse', 'SIGKILL') // it is started again at once; the figures on screen stay meanwhile
  await s.product.until('the reports to answer again', 120_000, async () => (await s.product.report(['sales']))[0] === 1)
  const somebody = { ip: '91.12.7.9', user_agent: AGENT }
  expect(await s.product.send([{ type: 'pageview', url: `https://${s.product.ready.demo.hostname}/after`, ...somebody }])).toBe(1)
  await page.locator('.panel', { hasText: 'Pages' }).getByText('/after').first().waitFor({ timeout: 120_000 })
})
