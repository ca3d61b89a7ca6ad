// What the tests share: the product and a browser for the file, and pages that note every fault.
import { mkdirSync } from 'node:fs'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll } from 'vitest'
import { launch } from '../../admin/web/test/page/browser.ts'
import { Product, type Options } from './product.ts'

export const OUT = 'test-output'

/** AGENT makes an event that a server sends a person's. */
export const AGENT = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36'

export interface View {
  width: number
  theme: 'light' | 'dark'
}

export interface Stage {
  readonly product: Product
  /** open makes a page in a browser profile of its own; faults gets console errors, refused content and alerts. */
  open: (faults: string[], view?: View) => Promise<Page>
}

export function stage(options: Options = {}): Stage {
  let browser: Browser
  let product: Product
  beforeAll(async () => {
    mkdirSync(OUT, { recursive: true })
    ;[product, browser] = await Promise.all([Product.start(options), launch()])
  })
  afterAll(async () => {
    await browser?.close()
    await product?.stop()
  })
  return {
    get product() {
      return product
    },
    open: async (faults, view = { width: 1440, theme: 'light' }) => {
      const context = await browser.newContext({
        viewport: { width: view.width, height: 900 },
        colorScheme: view.theme,
        reducedMotion: 'reduce',
        locale: 'en-GB',
        timezoneId: 'America/New_York', // not the site's: dates must not depend on it
      })
      context.setDefaultTimeout(60_000)
      const page = await context.newPage()
      page.on('console', (m) => m.type() === 'error' && faults.push(`console: ${m.text()}`))
      page.on('pageerror', (e) => faults.push(`page: ${e.message}`))
      page.on('dialog', (d) => {
        faults.push(`dialog: ${d.message()}`)
        void d.dismiss()
      })
      await page.addInitScript(() => {
        document.addEventListener('securitypolicyviolation', (e) => console.error(`policy: ${e.violatedDirective} ${e.blockedURI}`))
      })
      return page
    },
  }
}
