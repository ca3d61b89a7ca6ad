// What the behaviour tests share: a browser for the file, a fresh stand-in API for each test.
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect } from 'vitest'
import { createMock, type Mock } from '../../dev/mock'
import { servePages, type PageServer } from '../../dev/server'
import { launch, loaded, NOW, open } from './browser'
import { SITE } from './states'

export interface Stage {
  mock: () => Mock
  url: () => string
  /** at runs a test on the page at an address and expects that nothing went wrong on the way. */
  at: (path: string, run: (page: Page) => Promise<void>, allow?: RegExp) => Promise<void>
  /** visit runs a test on the overview and expects that nothing went wrong on the way. */
  visit: (query: string, run: (page: Page) => Promise<void>, allow?: RegExp) => Promise<void>
}

export function stage(): Stage {
  let browser: Browser
  let mock: Mock
  let server: PageServer | undefined
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
    await server?.close()
  })
  const url = () => server?.url ?? ''
  const at: Stage['at'] = async (path, run, allow) => {
    const { page, faults, close } = await open(browser, { width: 1440 }, allow ?? null)
    await page.goto(url() + path)
    await run(page)
    expect(faults).toEqual([])
    await close()
  }
  const visit: Stage['visit'] = (query, run, allow) =>
    at(
      SITE + query,
      async (page) => {
        if (mock.mode === 'normal' || mock.mode === 'hostile') await loaded(page)
        await run(page)
      },
      allow,
    )
  return { mock: () => mock, url, at, visit }
}

export const search = (page: Page): string => new URL(page.url()).search

/** eventually asks until the answer is the wanted one. */
export const eventually = async <T>(read: () => Promise<T> | T, want: T): Promise<void> => expect.poll(read).toEqual(want)
