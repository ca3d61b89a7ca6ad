// A real Chromium out of npm, with web security on: what the pages do under their security
// policy is part of what is tested.
import chromium from '@sparticuz/chromium'
import { chromium as launcher, type Browser, type Page } from 'playwright-core'

const ARGS = ['--no-sandbox', '--disable-gpu']

/** NOW is the moment at which all page tests happen, in the browser and in the stand-in API. */
export const NOW = new Date('2026-11-24T13:13:20Z')

export async function launch(): Promise<Browser> {
  const executablePath = process.env['NOCTRA_CHROMIUM'] ?? (await chromium.executablePath())
  return launcher.launch({ executablePath, args: ARGS })
}

export interface Opened {
  page: Page
  /** faults collects console errors, page errors, policy violations, and alerts. */
  faults: string[]
  close: () => Promise<void>
}

export interface View {
  width: number
  height?: number
  theme?: 'light' | 'dark'
  touch?: boolean
}

/** open makes a fresh browser context at NOW; expected console lines can be let through. */
export async function open(browser: Browser, view: View, allow: RegExp | null = null): Promise<Opened> {
  const context = await browser.newContext({
    viewport: { width: view.width, height: view.height ?? 900 },
    colorScheme: view.theme ?? 'light',
    reducedMotion: 'reduce',
    locale: 'en-GB',
    timezoneId: 'America/New_York', // not the site's: dates must not depend on it
    hasTouch: view.touch ?? false,
  })
  context.setDefaultTimeout(60_000)
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  const page = await context.newPage()
  await page.clock.install({ time: NOW })
  const faults: string[] = []
  const note = (text: string) => {
    if (!allow?.test(text)) faults.push(text)
  }
  page.on('console', (m) => m.type() === 'error' && note(`console: ${m.text()}`))
  page.on('pageerror', (e) => note(`page: ${e.message}`))
  page.on('dialog', (d) => {
    note(`dialog: ${d.message()}`)
    void d.dismiss()
  })
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (e) => console.error(`policy: ${e.violatedDirective} ${e.blockedURI}`))
    const shifts: { value: number; what: string }[] = []
    Object.assign(window, { shifts })
    type Entry = PerformanceEntry & { value: number; sources: { node: Node | null }[] }
    const name = (node: Node | null) => (node instanceof Element ? `${node.tagName}.${node.getAttribute('class') ?? ''}` : String(node?.nodeName))
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as Entry[]) shifts.push({ value: entry.value, what: entry.sources.map((s) => name(s.node)).join(' ') })
    }).observe({ type: 'layout-shift', buffered: true })
  })
  return { page, faults, close: () => context.close() }
}

/** layoutShifts lists what has moved since the page was opened, with the browser's measure. */
export async function layoutShifts(page: Page): Promise<{ value: number; what: string }[]> {
  return page.evaluate(() => (window as unknown as { shifts: { value: number; what: string }[] }).shifts)
}

/** loaded waits until the report stands: figures, chart and every panel. */
export async function loaded(page: Page): Promise<void> {
  await page.locator('.cards .value').first().waitFor()
  await page.waitForFunction(() => document.querySelectorAll('.skeleton, .chart-skeleton').length === 0)
  await page.evaluate(() => document.fonts.ready)
}
