// The measured site: pages under a strict policy, on another origin than the collector.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import chromium from '@sparticuz/chromium'
import { chromium as launcher, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'
import { Collector, SITE } from './collector'

const ARGS = ['--no-sandbox', '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--in-process-gpu']

export interface Opening {
  /** body of the page, HTML. */
  body?: string
  /** attributes of the script tag, besides src and data-site. */
  attributes?: string
  /** early is the code of a script before the tracker's. */
  early?: string
  /** init runs before everything, in the browser. */
  init?: () => void
  path?: string
}

const STUB = 'window.noctra=window.noctra||function(){(noctra.q=noctra.q||[]).push(arguments)};\n'

export class Site {
  origin = ''
  /** faults are console errors, page errors and policy violations. */
  faults: string[] = []
  allowed: RegExp | null = null
  page!: Page
  context!: BrowserContext
  private opening: Opening = {}
  private server = createServer((request, response) => {
    const path = new URL(request.url!, 'http://x').pathname
    if (path === '/early.js') {
      response.setHeader('content-type', 'text/javascript')
      return void response.end(STUB + (this.opening.early ?? ''))
    }
    if (path.includes('.')) return void response.setHeader('content-disposition', 'attachment').end('file')
    response.setHeader('content-type', 'text/html; charset=utf-8')
    response.setHeader(
      'content-security-policy',
      `default-src 'none'; img-src data:; script-src 'self' ${this.collector.origin}; connect-src ${this.collector.origin}; ` +
        `form-action 'self'; base-uri 'none'; require-trusted-types-for 'script'`,
    )
    response.end(this.html(path))
  })

  constructor(
    private collector: Collector,
    private browser: Browser,
  ) {}

  private html(path: string): string {
    return `<!doctype html><html lang="en"><title>Page ${path}</title><link rel="icon" href="data:,">
      <script src="/early.js"></script>
      <script defer src="${this.collector.origin}/n.js" data-site="${SITE}" ${this.opening.attributes ?? ''}></script>
      <body>${this.opening.body ?? '<h1>Hello</h1>'}</body></html>`
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve))
    this.origin = `http://localhost:${(this.server.address() as AddressInfo).port}`
  }

  /** visit opens the first page in a fresh browser profile. */
  async visit(opening: Opening = {}): Promise<Page> {
    this.opening = opening
    this.context = await this.browser.newContext({ locale: 'pt-PT', timezoneId: 'Europe/Lisbon', viewport: { width: 1000, height: 800 } })
    this.page = await this.context.newPage()
    this.page.on('console', (m) => m.type() === 'error' && this.fault(m.text()))
    this.page.on('pageerror', (e) => this.fault(e.message))
    await this.page.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (e) => console.error(`policy: ${e.violatedDirective} ${e.blockedURI}`))
      addEventListener('unhandledrejection', (e) => console.error(`rejection: ${String(e.reason)}`))
    })
    if (opening.init) await this.page.addInitScript(opening.init)
    await this.page.goto(this.origin + (opening.path ?? '/'))
    return this.page
  }

  private fault(text: string): void {
    if (!this.allowed?.test(text)) this.faults.push(text)
  }

  /** call makes a call as a page would. */
  async call(...call: unknown[]): Promise<void> {
    await this.page.evaluate((args) => (window as unknown as { noctra: (...a: unknown[]) => void }).noctra(...args), call)
  }

  /** marked sends a last goal and returns what was accepted until then, itself left out. */
  async marked(): Promise<{ type: string; name?: string; path: string }[]> {
    await this.call('goal', 'mark')
    await this.collector.named('mark')
    return this.collector.accepted
      .filter((event) => event.name !== 'mark')
      .map(({ type, name, url }) => ({ type, ...(name && { name }), path: url.slice(this.origin.length) }))
  }

  /** hide and show stand in for another tab in front: the headless browser keeps pages visible. */
  async hide(hidden = true): Promise<void> {
    await this.page.evaluate((value) => {
      Object.defineProperty(document, 'hidden', { value, configurable: true })
      Object.defineProperty(document, 'visibilityState', { value: value ? 'hidden' : 'visible', configurable: true })
      document.dispatchEvent(new Event('visibilitychange'))
    }, hidden)
  }

  async close(): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
  }
}

/** stage starts browser, collector and site for a test file, and checks after every test that
 * nothing broke the page or the contract. */
export function stage(): { readonly site: Site; readonly collector: Collector } {
  let browser: Browser
  let collector: Collector
  let site: Site
  beforeAll(async () => {
    const executablePath = process.env['NOCTRA_CHROMIUM'] ?? (await chromium.executablePath())
    browser = await launcher.launch({ executablePath, args: ARGS, ignoreDefaultArgs: ['--disable-back-forward-cache'] })
    collector = await Collector.start()
    site = new Site(collector, browser)
    await site.listen()
  })
  beforeEach(() => {
    collector.reset()
    site.faults = []
    site.allowed = null
  })
  afterEach(async () => {
    await site.context?.close()
    expect(collector.violations).toEqual([])
    expect(site.faults).toEqual([])
  })
  afterAll(async () => {
    await browser.close()
    await site.close()
    await collector.stop()
  })
  return {
    get site() {
      return site
    },
    get collector() {
      return collector
    },
  }
}
