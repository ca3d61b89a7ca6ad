// Whatever a site is sent is text: hostile values go in through the collector and are walked through
// the real pages, with a refused content, an alert or an error as failure.
import { expect, test } from 'vitest'
import { loaded } from '../../admin/web/test/page/browser.ts'
import { AGENT, OUT, stage } from './stage.ts'

const s = stage()

const HOSTILE = [
  '<img src=x onerror=alert(1)>',
  '<script>alert(2)</script>',
  'javascript:alert(3)',
  '"><svg onload=alert(4)>',
  "'); DROP TABLE events; --",
  '{{constructor.constructor("alert(5)")()}}',
  '=HYPERLINK("https://evil.example")',
  '‮gnp.exe',
]

test('values that mean harm stay text, from the collector to the page', async () => {
  const { demo } = s.product.ready
  const events = HOSTILE.flatMap((value, i) => [
    {
      type: 'pageview',
      url: `https://${demo.hostname}/${encodeURIComponent(value)}?utm_source=${encodeURIComponent(value)}&utm_campaign=${encodeURIComponent(value)}`,
      referrer: `https://evil-${i}.example/${encodeURIComponent(value)}`,
      title: value,
      ip: `91.12.7.${i + 1}`,
      user_agent: AGENT,
      props: { [value]: value },
    },
    { type: 'goal', name: value, url: `https://${demo.hostname}/`, props: { plan: value } },
  ])
  expect(await s.product.send(events)).toBe(events.length)
  await s.product.until('all events in the report', 120_000, async () => (await s.product.report(['events']))[0] === events.length)

  const faults: string[] = []
  const page = await s.open(faults)
  await page.goto(demo.sign_in_url)
  await page.locator('.cards').waitFor()
  await loaded(page)
  for (const tab of await page.getByRole('tab').all()) {
    await tab.click()
    await loaded(page)
  }
  await page.screenshot({ path: `${OUT}/hostile.png`, fullPage: true })
  const links = await page.locator('a[href]').evaluateAll((all) => all.map((a) => (a as HTMLAnchorElement).protocol))
  expect(links.filter((protocol) => protocol !== 'http:' && protocol !== 'https:')).toEqual([])
  expect(await page.locator('.rows img, .rows script, .rows svg[onload], .live img').count()).toBe(0)
  expect(faults).toEqual([])
})
