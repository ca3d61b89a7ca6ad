import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { loaded } from './browser'
import { eventually, search, stage } from './visit'

const { mock, visit } = stage()

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
      const asked = mock().queries.map((q) => (q as { date_range: string[] }).date_range.join())
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
      await eventually(() => page.locator('.paging').textContent(), '51–100 of 153')
      await page.locator('.details').getByRole('button', { name: /Page/ }).first().click()
      await eventually(() => page.locator('.paging').textContent(), '1–50 of 153')
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
