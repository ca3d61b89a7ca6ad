import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { loaded } from './browser'
import { SITE } from './states'
import { eventually, stage } from './visit'

const { mock, url, visit } = stage()

describe('live', () => {
  const visitorsNow = (page: Page) => page.locator('.live-count .big').textContent()
  const pageviews = (page: Page) => page.locator('.card', { hasText: 'Pageviews' }).locator('.value').textContent()

  test('a new event is pushed, and the figures follow', () =>
    visit('?range=today', async (page) => {
      const before = await pageviews(page)
      expect(await visitorsNow(page)).toBe('23')
      mock().hit('/sale')
      await eventually(() => visitorsNow(page), '24')
      await expect.poll(() => pageviews(page)).not.toBe(before)
    }))

  test('many events ask at most every two seconds', () =>
    visit('?range=today', async (page) => {
      const before = mock().queries.length
      const asked = () => mock().queries.length - before
      const began = Date.now()
      const rounds = () => 1 + Math.floor((Date.now() - began) / 2000) // the machine may be slow
      for (let i = 0; i < 20; i++) mock().hit('/sale')
      await eventually(() => visitorsNow(page), '43')
      await eventually(() => page.locator('[aria-busy=true]').count(), 0)
      expect(asked()).toBeLessThanOrEqual(9 * rounds())
      await page.clock.runFor(2100)
      await expect.poll(asked).toBeGreaterThanOrEqual(18)
      expect(asked()).toBeLessThanOrEqual(9 * (rounds() + 2)) // two seconds were added
    }))

  test('a range that is over does not ask again', () =>
    visit('?range=yesterday', async (page) => {
      const before = mock().queries.length
      mock().hit('/sale')
      await eventually(() => visitorsNow(page), '24')
      expect(mock().queries.length).toBe(before)
    }))

  test('a lost stream comes back', () =>
    visit('', async (page) => {
      mock().drop()
      await page.getByText('Reconnecting…').waitFor()
      await page.getByText(/^Live/).waitFor()
    }, /ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_EMPTY_RESPONSE/))
})

describe('beginnings and ends', () => {
  test('the first event turns the page', async () => {
    mock().mode = 'empty'
    await visit('', async (page) => {
      await page.getByText('Waiting for the first event').waitFor()
      await page.getByRole('button', { name: 'Copy' }).click()
      expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/^<script defer src=".*n\.js" data-site="nst_7f.*"><\/script>$/)
      mock().hit('/')
      await page.locator('.cards').waitFor()
      await loaded(page)
    })
  })
  test('after an error, asking again helps', async () => {
    mock().mode = 'one-error'
    const allow = /status of 503/
    await visit('', async (page) => {
      const panel = page.locator('.panel', { hasText: 'Places' })
      await expect.poll(async () => (await page.clock.runFor(500), panel.locator('.problem').count())).toBe(1)
      expect(await page.locator('.problem').count()).toBe(1)
      mock().mode = 'normal'
      await panel.getByRole('button', { name: 'Try again' }).click()
      await panel.getByText('Germany').waitFor()
    }, allow)
  })
  test('signed out, and back', async () => {
    mock().mode = 'signed-out'
    await visit('?sign_in=expired', async (page) => {
      await page.getByText('That sign-in link is too old.').waitFor()
      mock().mode = 'normal'
      await page.getByRole('button', { name: 'I have opened the link' }).click()
      await loaded(page)
    }, /status of 401/)
  })
  test('a browser that names no language', () =>
    visit('', async (page) => {
      await page.addInitScript(() => Object.defineProperty(navigator, 'language', { value: 'en-US@posix', configurable: true }))
      await page.reload()
      await loaded(page)
    }))
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
        await page.goto(url() + path)
        await page.getByText('This page does not exist').waitFor()
      }
    }))
  test('the start opens the first site', () =>
    visit('', async (page) => {
      await page.goto(url())
      await eventually(() => new URL(page.url()).pathname, SITE)
    }))
})

test('values that mean harm stay text', async () => {
  mock().mode = 'hostile'
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
    await page.goto(`${url()}${SITE}?details=event:page&f=is,event:page,%3Cimg+src=x+onerror=alert(9)%3E&metric=%3Cscript%3E`)
    await page.locator('.chip', { hasText: '<img src=x onerror=alert(9)>' }).waitFor()
    await page.goto(`${url()}${SITE}`)
    await loaded(page)
    const saved = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Export Pages as CSV' }).click()
    const text = await readFile((await (await saved).path())!, 'utf8')
    expect(text).toContain(`"'=HYPERLINK(""https://evil.example"")"`)
  })
})
