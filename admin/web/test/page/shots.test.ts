import { mkdirSync } from 'node:fs'
import { afterAll, beforeAll, test } from 'vitest'
import type { Browser, Page } from 'playwright-core'
import { createMock, type Mock, type Mode } from '../../dev/mock'
import { servePages, type PageServer } from '../../dev/server'
import { launch, loaded, NOW, open, type View } from './browser'

// Pictures of every state, for people to look at. They are output, not expectations.
const OUT = 'test-output'
const FILTERED = '?f=is,visit:channel,Paid+Search&f=is_not,visit:country,ES'

let browser: Browser
let mock: Mock
let server: PageServer

beforeAll(async () => {
  mkdirSync(OUT, { recursive: true })
  mock = createMock({ now: () => NOW, slowMs: 600_000 })
  server = await servePages('dist', mock)
  browser = await launch()
})
afterAll(async () => {
  await browser.close()
  await server.close()
})

interface Shot {
  name: string
  view: View
  mode?: Mode
  query?: string
  act?: (page: Page) => Promise<unknown>
  waits?: boolean
  viewportOnly?: boolean
}

const hover = (page: Page) => page.locator('.u-over').hover({ position: { x: 560, y: 100 } })

const shots: Shot[] = [
  { name: 'light-1440', view: { width: 1440 }, query: FILTERED, act: hover },
  { name: 'dark-1440', view: { width: 1440, theme: 'dark' }, query: FILTERED, act: hover },
  { name: 'light-1920', view: { width: 1920, height: 1080 } },
  { name: 'light-768', view: { width: 768 } },
  { name: 'light-375', view: { width: 375, height: 812, touch: true }, query: FILTERED },
  { name: 'dark-375', view: { width: 375, height: 812, theme: 'dark', touch: true } },
  { name: 'today-1440', view: { width: 1440 }, query: '?range=today&metric=revenue&tab.sources=visit:utm_medium', act: (p) => p.locator('.u-over').hover({ position: { x: 380, y: 100 } }) },
  { name: 'table-1440', view: { width: 1440 }, query: '?view=table&metric=revenue' },
  { name: 'year-1440', view: { width: 1440, theme: 'dark' }, query: '?range=12mo&compare=off&metric=visit_duration' },
  { name: 'details-1440', view: { width: 1440 }, query: '?details=visit:source', viewportOnly: true, act: (p) => p.locator('.details tbody tr').first().waitFor() },
  { name: 'details-375', view: { width: 375, height: 812, touch: true }, query: '?details=event:page', viewportOnly: true, act: (p) => p.locator('.details tbody tr').first().waitFor() },
  { name: 'filter-1440', view: { width: 1440 }, viewportOnly: true, act: async (p) => { await p.keyboard.press('/'); await p.locator('.suggestions .check').first().waitFor() } },
  { name: 'keys-dark-1440', view: { width: 1440, theme: 'dark' }, viewportOnly: true, act: async (p) => { await p.keyboard.press('?'); await p.locator('.keys').waitFor() } },
  { name: 'range-1440', view: { width: 1440 }, viewportOnly: true, act: (p) => p.locator('.ctl.range').click() },
  { name: 'compare-1440', view: { width: 1440 }, viewportOnly: true, act: (p) => p.getByRole('button', { name: 'vs previous period' }).click() },
  { name: 'account-1440', view: { width: 1440 }, viewportOnly: true, act: (p) => p.locator('.account').click() },
  { name: 'loading-1440', view: { width: 1440 }, mode: 'slow', waits: false },
  { name: 'loading-375', view: { width: 375, height: 812 }, mode: 'slow', waits: false },
  { name: 'error-1440', view: { width: 1440 }, mode: 'error', waits: false, act: (p) => p.locator('.problem').nth(5).waitFor() },
  { name: 'error-dark-375', view: { width: 375, height: 812, theme: 'dark' }, mode: 'error', waits: false, act: (p) => p.locator('.problem').nth(5).waitFor() },
  { name: 'empty-1440', view: { width: 1440 }, mode: 'empty', waits: false, act: (p) => p.locator('.awaiting').waitFor() },
  { name: 'empty-dark-375', view: { width: 375, height: 812, theme: 'dark' }, mode: 'empty', waits: false, act: (p) => p.locator('.awaiting').waitFor() },
  { name: 'quiet-1440', view: { width: 1440 }, mode: 'quiet' },
  { name: 'hostile-1440', view: { width: 1440 }, mode: 'hostile', query: '?tab.sources=visit:referrer' },
  { name: 'signed-out-1440', view: { width: 1440 }, mode: 'signed-out', waits: false, act: (p) => p.locator('.terminal').waitFor() },
  { name: 'signed-out-dark-375', view: { width: 375, height: 812, theme: 'dark' }, mode: 'signed-out', waits: false, act: (p) => p.locator('.terminal').waitFor() },
]

test.each(shots)('picture $name', async (shot) => {
  mock.mode = shot.mode ?? 'normal'
  const { page, close } = await open(browser, shot.view)
  await page.goto(`${server.url}/sites/nst_7fQ2vLr9TzKd3xWm5aBc${shot.query ?? ''}`)
  if (shot.waits !== false) await loaded(page)
  else await page.locator('.cards, .message, .onboarding').first().waitFor()
  if (shot.mode === 'error') await page.clock.runFor(5000)
  await shot.act?.(page)
  await page.screenshot({ path: `${OUT}/${shot.name}.png`, fullPage: !shot.viewportOnly })
  await close()
})
