import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { readFile } from 'node:fs/promises'
import { createMock, type Mock } from '../../dev/mock'
import { servePages, type PageServer } from '../../dev/server'
import { launch, loaded, NOW, open, type Opened } from './browser'
import { SITE } from './states'

let browser: Browser
let mock: Mock
let server: PageServer

beforeAll(async () => {
  browser = await launch()
})
beforeEach(async () => {
  await server?.close()
  mock = createMock({ now: () => NOW })
  server = await servePages('dist', mock)
})
afterAll(async () => {
  await browser.close()
  await server.close()
})

/** visit runs a test on the loaded overview and expects that nothing went wrong on the way. */
async function visit(query: string, run: (page: Page, opened: Opened) => Promise<void>, allow: RegExp | null = null): Promise<void> {
  const opened = await open(browser, { width: 1440 }, allow)
  await opened.page.goto(`${server.url}${SITE}${query}`)
  if (mock.mode === 'normal' || mock.mode === 'hostile') await loaded(opened.page)
  await run(opened.page, opened)
  expect(opened.faults).toEqual([])
  await opened.close()
}

const search = (page: Page) => new URL(page.url()).search
const eventually = async <T>(read: () => Promise<T> | T, want: T) => expect.poll(read, { timeout: 8000 }).toEqual(want)
const lastRange = () => (mock.queries.at(-1) as { date_range: string[] }).date_range

describe('keys', () => {
  test('ranges, steps, comparison', () =>
    visit('', async (page) => {
      const steps: [string, string, string[]][] = [
        ['d', '?range=today', ['2026-11-24', '2026-11-24']],
        ['e', '?range=yesterday', ['2026-11-23', '2026-11-23']],
        ['w', '?range=7d', ['2026-11-18', '2026-11-24']],
        ['m', '?range=month', ['2026-11-01', '2026-11-24']],
        ['y', '?range=year', ['2026-01-01', '2026-11-24']],
        ['t', '', ['2026-10-26', '2026-11-24']],
        ['ArrowLeft', '?from=2026-09-26&to=2026-10-25', ['2026-09-26', '2026-10-25']],
        ['ArrowRight', '', ['2026-10-26', '2026-11-24']],
        ['ArrowRight', '', ['2026-10-26', '2026-11-24']],
      ]
      for (const [key, query] of steps) {
        await page.keyboard.press(key)
        await eventually(() => search(page), query)
      }
      for (const query of ['?compare=year_over_year', '?compare=off', '']) {
        await page.keyboard.press('x')
        await eventually(() => search(page), query)
      }
      const asked = mock.queries.map((q) => (q as { date_range: string[] }).date_range.join())
      for (const [, , range] of steps) expect(asked).toContain(range.join())
    }))

  test('live panel, help and its switch', () =>
    visit('', async (page) => {
      await page.keyboard.press('r')
      await eventually(() => page.evaluate(() => document.activeElement?.getAttribute('aria-label')), 'Right now')
      await page.keyboard.press('?')
      await page.getByLabel('Single keys are on').uncheck()
      await page.keyboard.press('Escape')
      await page.locator('dialog').waitFor({ state: 'detached' })
      await page.keyboard.press('d')
      await page.keyboard.press('/')
      expect([search(page), await page.locator('dialog').count()]).toEqual(['', 0])
    }))

  test('rest while someone types, and while a menu is open', () =>
    visit('', async (page) => {
      await page.keyboard.press('/')
      await page.keyboard.type('d/x?')
      expect(await page.getByLabel('Find a value').inputValue()).toBe('d/x?')
      await page.keyboard.press('Escape') // the browser's own: empties the field
      await page.keyboard.press('Escape')
      await page.locator('dialog').waitFor({ state: 'detached' })
      await page.getByRole('button', { name: 'vs previous period' }).click()
      await page.keyboard.press('d')
      await page.keyboard.press('Escape')
      expect(search(page)).toBe('')
    }))
})

describe('filters', () => {
  test('a row, its chip, back, Esc', () =>
    visit('', async (page) => {
      const row = page.getByRole('button', { name: 'Germany', exact: true })
      await row.click()
      await eventually(() => search(page), '?f=is,visit:country,DE')
      await eventually(() => page.locator('.chip').first().textContent(), 'Country is Germany')
      await loaded(page)
      const countries = page.locator('.panel', { hasText: 'Places' }).locator('tbody tr')
      await eventually(() => countries.count(), 1)
      await page.goBack()
      await eventually(() => search(page), '')
      await page.goForward()
      await eventually(() => search(page), '?f=is,visit:country,DE')
      await page.keyboard.press('Escape')
      await eventually(() => search(page), '')
    }))

  test('made in the dialog, changed, removed', () =>
    visit('', async (page) => {
      await page.keyboard.press('/')
      await page.getByLabel('What to filter by').selectOption('visit:country')
      await page.getByRole('button', { name: 'is not' }).click()
      await page.getByLabel('Find a value').fill('port')
      await page.getByLabel('Portugal').check()
      await page.getByRole('button', { name: 'Apply' }).click()
      await eventually(() => search(page), '?f=is_not,visit:country,PT')
      await page.getByTitle('Change this filter').click()
      await page.getByLabel('What to filter by').selectOption('event:page')
      await page.getByRole('button', { name: 'contains' }).click()
      await page.getByLabel('Text that it contains').fill('blog, really')
      await page.getByRole('button', { name: 'Apply' }).click()
      await eventually(() => search(page), '?f=contains,event:page,blog%5C,+really')
      await page.getByRole('button', { name: /^Remove filter/ }).click()
      await eventually(() => search(page), '')
    }))
})

describe('reports', () => {
  test('cards switch the chart, the table shows the same, tabs are in the address', () =>
    visit('', async (page) => {
      await page.locator('.card', { hasText: 'Revenue' }).click()
      await page.getByRole('heading', { name: 'Revenue per day' }).waitFor()
      await page.getByRole('button', { name: 'Week', exact: true }).click()
      await page.locator('.chart-head').getByRole('button', { name: 'Table' }).click()
      await page.getByRole('tab', { name: 'Browsers' }).click()
      await eventually(() => search(page), '?metric=revenue&by=week&view=table&tab.devices=visit:browser')
      await eventually(() => page.locator('.twin tbody tr').count(), 5)
      await page.reload()
      await loaded(page)
      await page.getByRole('tab', { name: 'Browsers', selected: true }).waitFor()
      expect(await page.locator('.twin tbody tr').count()).toBe(5)
    }))

  test('details: sorted, searched, paged and exported by the API', () =>
    visit('?details=event:page', async (page) => {
      const first = page.locator('.details tbody th').first()
      await eventually(() => first.textContent(), '/')
      await page.getByRole('button', { name: 'Rows after' }).click()
      await eventually(() => page.locator('.paging').textContent(), '51–100 of 152')
      await page.locator('.details').getByRole('button', { name: /Page/ }).first().click()
      await eventually(() => page.locator('.paging').textContent(), '1–50 of 152')
      await page.getByLabel('Search Page').fill('blog')
      await eventually(() => page.locator('.paging').textContent(), '1–2 of 2')
      const saved = page.waitForEvent('download')
      await page.locator('dialog').getByRole('button', { name: 'Export Page as CSV' }).click()
      const text = await readFile((await (await saved).path())!, 'utf8')
      expect(text.split('\r\n').length).toBe(4)
      expect(text).toMatch(/^\ufeffevent:page,visitors,pageviews,events,sales,revenue,compared_visitors/)
      await page.keyboard.press('Escape')
      await eventually(() => search(page), '')
    }))

  test('the API call that is copied is the one that was asked', () =>
    visit('?range=7d&f=is,visit:channel,Direct', async (page) => {
      await page.getByRole('button', { name: 'Copy as API call' }).click()
      await page.getByText('Copied').waitFor()
      const text = await page.evaluate(() => navigator.clipboard.readText())
      expect(text).toContain('"date_range":["2026-11-18","2026-11-24"]')
      expect(text).toContain('["is","visit:channel",["Direct"]]')
    }))
  test('the other site', () =>
    visit('?range=7d', async (page) => {
      await page.getByRole('button', { name: /Switch site/ }).click()
      await page.getByRole('menuitemradio', { name: /Acme Journal/ }).click()
      await eventually(() => new URL(page.url()).pathname, '/sites/nst_Jx81mPq4RsYt6vNb2cDe')
      await loaded(page)
      expect(await page.locator('.card', { hasText: 'Revenue' }).textContent()).toContain('CHF')
    }))
  test('the theme is kept', () =>
    visit('', async (page) => {
      const theme = () => page.evaluate(() => document.documentElement.dataset['theme'])
      await page.locator('.account').click()
      await page.getByRole('menuitemradio', { name: 'Dark' }).click()
      await eventually(theme, 'dark')
      await page.reload()
      expect(await theme()).toBe('dark')
    }))
})

describe('live', () => {
  const visitorsNow = (page: Page) => page.locator('.live-count .big').textContent()
  const pageviews = (page: Page) => page.locator('.card', { hasText: 'Pageviews' }).locator('.value').textContent()

  test('a new event is pushed, and the figures follow', () =>
    visit('?range=today', async (page) => {
      const before = await pageviews(page)
      expect(await visitorsNow(page)).toBe('23')
      mock.hit('/sale')
      await eventually(() => visitorsNow(page), '24')
      await expect.poll(() => pageviews(page), { timeout: 4000 }).not.toBe(before)
    }))

  test('many events ask at most every two seconds', () =>
    visit('?range=today', async (page) => {
      const before = mock.queries.length
      for (let i = 0; i < 20; i++) mock.hit('/sale')
      await eventually(() => visitorsNow(page), '43')
      await eventually(() => page.locator('[aria-busy=true]').count(), 0)
      expect(mock.queries.length - before).toBeLessThanOrEqual(8)
      await page.clock.runFor(2100)
      await expect.poll(() => mock.queries.length - before, { timeout: 4000 }).toBe(16)
    }))

  test('a range that is over does not ask again', () =>
    visit('?range=yesterday', async (page) => {
      const before = mock.queries.length
      mock.hit('/sale')
      await eventually(() => visitorsNow(page), '24')
      expect(mock.queries.length).toBe(before)
    }))

  test('a lost stream comes back', () =>
    visit('', async (page) => {
      mock.drop()
      await page.getByText('Reconnecting…').waitFor()
      await page.getByText(/^Live/).waitFor({ timeout: 15_000 })
    }, /ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_EMPTY_RESPONSE/))
})

describe('beginnings and ends', () => {
  test('the first event turns the page', async () => {
    mock.mode = 'empty'
    await visit('', async (page) => {
      await page.getByText('Waiting for the first event').waitFor()
      await page.getByRole('button', { name: 'Copy' }).click()
      expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/^<script defer src=".*n\.js" data-site="nst_7f.*"><\/script>$/)
      mock.hit('/')
      await page.locator('.cards').waitFor()
      await loaded(page)
    })
  })
  test('after an error, asking again helps', async () => {
    mock.mode = 'one-error'
    const allow = /status of 503/
    await visit('', async (page) => {
      const panel = page.locator('.panel', { hasText: 'Places' })
      await expect.poll(async () => (await page.clock.runFor(500), panel.locator('.problem').count()), { timeout: 8000 }).toBe(1)
      expect(await page.locator('.problem').count()).toBe(1)
      mock.mode = 'normal'
      await panel.getByRole('button', { name: 'Try again' }).click()
      await panel.getByText('Germany').waitFor()
    }, allow)
  })
  test('signed out, and back', async () => {
    mock.mode = 'signed-out'
    await visit('?sign_in=expired', async (page) => {
      await page.getByText('That sign-in link is too old.').waitFor()
      mock.mode = 'normal'
      await page.getByRole('button', { name: 'I have opened the link' }).click()
      await loaded(page)
    }, /status of 401/)
  })
  test('offline is said', () =>
    visit('', async (page) => {
      await page.context().setOffline(true)
      await page.getByText('You are offline.').waitFor()
      await page.context().setOffline(false)
      await page.getByText('You are offline.').waitFor({ state: 'detached' })
    }, /ERR_INTERNET_DISCONNECTED/))
  test('an unknown site, an unknown page', () =>
    visit('', async (page) => {
      for (const path of ['/sites/nst_unknown', '/nowhere']) {
        await page.goto(server.url + path)
        await page.getByText('This page does not exist').waitFor()
      }
    }))
  test('the start opens the first site', () =>
    visit('', async (page) => {
      await page.goto(server.url)
      await eventually(() => new URL(page.url()).pathname, SITE)
      expect(lastRange()).toHaveLength(2)
    }))
})

test('values that mean harm stay text', async () => {
  mock.mode = 'hostile'
  await visit('?tab.sources=visit:referrer', async (page) => {
    const tabs = ['Channels', 'Sources', 'Campaigns', 'Referrers', 'Entry', 'Exit', 'Regions', 'Cities']
    for (const name of tabs) {
      await page.getByRole('tab', { name, exact: true }).click()
      await loaded(page)
    }
    const links = await page.locator('a[href]').evaluateAll((all) => all.map((a) => (a as HTMLAnchorElement).protocol))
    expect(links.filter((p) => p !== 'http:' && p !== 'https:')).toEqual([])
    expect(await page.locator('.rows img, .rows script, .rows svg[onload], .live img').count()).toBe(0)
    await page.getByRole('button', { name: 'javascript:alert(3)' }).click()
    await page.locator('.chip', { hasText: 'javascript:alert(3)' }).waitFor()
    await page.goto(`${server.url}${SITE}?details=event:page&f=is,event:page,%3Cimg+src=x+onerror=alert(9)%3E&metric=%3Cscript%3E`)
    await page.locator('.chip', { hasText: '<img src=x onerror=alert(9)>' }).waitFor()
    await page.goto(`${server.url}${SITE}`)
    await loaded(page)
    const saved = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Export Pages as CSV' }).click()
    const text = await readFile((await (await saved).path())!, 'utf8')
    expect(text).toContain(`"'=HYPERLINK(""https://evil.example"")"`)
  })
})
