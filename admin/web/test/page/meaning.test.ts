// What the figures mean: whose events they are, and what they are compared with.
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { loaded } from './browser'
import { eventually, search, stage } from './visit'

const { mock, visit } = stage()

interface Asked {
  date_range: [string, string]
  include?: { bots?: boolean }
  filters?: unknown[]
}

const asked = () => mock().queries as Asked[]
const card = (page: Page, name: string) => page.locator('.card', { hasText: name })
const deltas = (page: Page) => page.locator('.card .delta, .panel td .delta').allTextContents()
const foot = (page: Page) => page.locator('.facts')
const panel = (page: Page, name: string) => page.locator('.panel', { has: page.getByRole('heading', { name }) })

describe('bots', () => {
  test('are counted, and turned in and out again', () =>
    visit('?range=7d', async (page) => {
      const out = page.getByRole('button', { name: /^bots left out \([\d,]+ events\)$/ })
      const value = card(page, 'Pageviews').locator('.value')
      const before = await value.textContent()
      await out.click()
      await eventually(() => search(page), '?range=7d&bots=in')
      await page.getByRole('button', { name: 'bots counted in' }).waitFor()
      await expect.poll(() => value.textContent()).not.toBe(before)
      await loaded(page)
      mock().queries.length = 0
      await page.reload()
      await loaded(page)
      await page.getByRole('button', { name: 'All sources' }).click()
      await page.locator('.details tbody tr').first().waitFor()
      expect(asked().length).toBeGreaterThan(9)
      expect(asked().filter((q) => q.include?.bots !== true)).toEqual([])
      await page.keyboard.press('Escape')
      await page.getByRole('button', { name: 'bots counted in' }).click()
      await eventually(() => search(page), '?range=7d')
      await out.waitFor()
    }))

  test('none are said in plain words', async () => {
    mock().mode = 'quiet'
    await visit('?range=7d', async (page) => {
      await foot(page).getByText('bots left out (0 events)').waitFor()
      expect(await foot(page).getByRole('button').count()).toBe(0)
    })
  })
})

describe('a range with nothing before it', () => {
  test('is new, and compared with nothing', async () => {
    mock().mode = 'young'
    await visit('?range=7d&metric=bounce_rate&view=table', async (page) => {
      await loaded(page)
      await foot(page).getByText('nothing to compare with in 11 – 17 Nov 2026').waitFor()
      expect(new Set(await deltas(page))).toEqual(new Set(['new']))
      expect(await page.locator('.twin thead th').allTextContents()).toEqual(['Time', 'Bounce rate'])
      await page.locator('.chart-head').getByRole('button', { name: 'Chart' }).click()
      await page.locator('.u-over').hover({ position: { x: 400, y: 90 } })
      await page.locator('.tip').waitFor()
      expect(await page.locator('.tip .k.prev').count()).toBe(0)
      await page.getByRole('button', { name: 'All pages' }).click()
      await page.locator('.details tbody tr').first().waitFor()
      expect(new Set(await page.locator('.details .delta').allTextContents())).toEqual(new Set(['new']))
    })
  })
  test('says nothing of what is zero too', async () => {
    mock().mode = 'first'
    await visit('', async (page) => {
      await loaded(page)
      await eventually(() => card(page, 'Sales').locator('.delta').textContent(), '')
      expect(await card(page, 'Visitors').locator('.delta').textContent()).toBe('new')
    })
  })
  test('is compared where there is something', () =>
    visit('?range=7d', async (page) => {
      await foot(page).getByText('compared with 11 – 17 Nov 2026, whole days').waitFor()
      await page.locator('.u-over').hover({ position: { x: 400, y: 90 } })
      await page.locator('.tip .k.prev').waitFor()
    }))
})

describe('events of nobody', () => {
  test('stand in the details, not in the panels', () =>
    visit('?tab.places=visit:device', async (page) => {
      await page.getByRole('tab', { name: 'Entry' }).click()
      await loaded(page)
      const zeros = (await page.locator('.panel .rows tbody tr td:nth-child(2)').allTextContents()).filter((t) => t === '0')
      expect(zeros).toEqual([])
      await page.getByRole('button', { name: 'All devices' }).click()
      const nobody = page.locator('.details tbody tr', { hasText: '(not set)' })
      await nobody.waitFor()
      expect(await nobody.locator('td').first().textContent()).toBe('0')
      expect(await nobody.textContent()).toMatch(/−€/)
    }))
})

describe('sales', () => {
  test('stand above the goals, and are a filter', () =>
    visit('', async (page) => {
      const row = panel(page, 'Goals and sales').locator('tbody tr').first()
      const sales = await card(page, 'Sales').locator('.value').textContent()
      expect(await row.getByRole('button').textContent()).toBe('Sale')
      expect(await row.locator('td').nth(1).textContent()).toBe(sales)
      await row.getByRole('button', { name: 'Sale' }).click()
      await eventually(() => search(page), '?f=is,event:type,sale')
      await eventually(() => page.locator('.chip').first().textContent(), 'Type is Sale')
      await loaded(page)
      await page.getByRole('button', { name: 'Type is Sale', exact: true }).click()
      expect(await page.getByLabel('What to filter by').inputValue()).toBe('event:type')
      await page.locator('.suggestions').getByLabel('Pageview').waitFor()
    }))
  test('that cannot be asked for leave the goals', async () => {
    mock().mode = 'no-types'
    await visit('', async (page) => {
      const goals = panel(page, 'Goals and sales')
      await goals.getByText('Sales could not be asked for.').waitFor()
      await goals.getByText('Add to cart').waitFor()
      mock().mode = 'normal'
      await goals.getByRole('button', { name: 'Try again' }).click()
      await goals.getByRole('button', { name: 'Sale', exact: true }).waitFor()
    }, /status of 400/)
  })
})

describe('the first day', () => {
  const range = (page: Page) => page.locator('.ctl.range').textContent()

  test('is shown by the hour, and said so', async () => {
    mock().mode = 'first'
    await visit('', async (page) => {
      await page.getByRole('heading', { name: 'Visitors per hour' }).waitFor()
      expect([await range(page), search(page)]).toEqual(['Today24 Nov, the first day', ''])
      await page.locator('.ctl.range').click()
      await page.getByText('All events are of today, so today is shown.').waitFor()
      await page.keyboard.press('Escape')
      await page.keyboard.press('t')
      await eventually(() => search(page), '?range=30d')
      await page.getByRole('heading', { name: 'Visitors per day' }).waitFor()
      await page.reload()
      await page.getByRole('heading', { name: 'Visitors per day' }).waitFor()
      await page.keyboard.press('d')
      await eventually(() => search(page), '?range=today')
    })
  })
  test('is over when events of earlier days arrive', async () => {
    mock().mode = 'first'
    await visit('', async (page) => {
      await page.getByRole('heading', { name: 'Visitors per hour' }).waitFor()
      mock().mode = 'normal'
      mock().hit('/')
      await eventually(() => range(page), 'Last 30 days26 Oct – 24 Nov')
    })
  })
  test('of a site with history is nothing special, and is asked for once', () =>
    visit('', async (page) => {
      const history = () => asked().filter((q) => q.date_range.join() === '2025-11-24,2026-11-23').length
      expect([await range(page), history()]).toEqual(['Last 30 days26 Oct – 24 Nov', 1])
      mock().hit('/')
      await page.clock.runFor(2100)
      await page.keyboard.press('w')
      await eventually(() => search(page), '?range=7d')
      await page.keyboard.press('t')
      await eventually(() => search(page), '')
      expect(history()).toBe(1)
    }))
})
