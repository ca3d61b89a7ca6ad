// Every state in which the pages can be met, each reached as a person would reach it.
import type { Page } from 'playwright-core'
import type { Mode } from '../../dev/mock'
import { loaded } from './browser'

export const SITE = '/sites/nst_7fQ2vLr9TzKd3xWm5aBc'

export interface State {
  name: string
  mode?: Mode
  query?: string
  /** path instead of the overview of a site. */
  path?: string
  /** reach waits until the state stands, doing what leads to it. */
  reach: (page: Page) => Promise<unknown>
  /** viewport states float above the page: their picture is the window, not the whole page. */
  viewport?: boolean
  /** unfolds states are reached by opening something, which moves what is below. */
  unfolds?: boolean
}

const hover = (x: number) => async (page: Page) => {
  await loaded(page)
  await page.locator('.u-over').hover({ position: { x, y: 90 } })
  await page.locator('.tip').waitFor()
}

const press = (key: string, then: string) => async (page: Page) => {
  await loaded(page)
  await page.keyboard.press(key)
  await page.locator(then).first().waitFor()
}

const click = (target: string, then: string) => async (page: Page) => {
  await loaded(page)
  await page.locator(target).click()
  await page.locator(then).first().waitFor()
}

const shows = (selector: string) => (page: Page) => page.locator(selector).first().waitFor()

const rows = async (page: Page) => {
  await page.locator('.details tbody tr').first().waitFor()
  await loaded(page)
}

// Failed questions are asked twice more; the page's clock is moved past the pauses.
const failed = async (page: Page) => {
  for (let i = 0; i < 40 && (await page.locator('.problem').count()) < 6; i++) await page.clock.runFor(500)
  await page.locator('.problem').nth(5).waitFor()
}

export const states: readonly State[] = [
  { name: 'overview', reach: loaded },
  { name: 'filtered', query: '?f=is,visit:channel,Paid+Search&f=is_not,visit:country,ES', reach: hover(180) },
  { name: 'today', query: '?range=today&metric=revenue&tab.sources=visit:utm_medium', reach: hover(120) },
  { name: 'year', query: '?range=12mo&compare=off&metric=visit_duration', reach: loaded },
  { name: 'table', query: '?view=table&metric=revenue', reach: loaded },
  { name: 'details', query: '?details=visit:source', reach: rows, viewport: true },
  { name: 'details-pages', query: '?details=event:page', reach: rows, viewport: true },
  { name: 'filter', reach: press('/', '.suggestions .check'), viewport: true },
  { name: 'keys', reach: press('?', '.keys'), viewport: true },
  { name: 'range', reach: click('.ctl.range', '.custom-range'), viewport: true },
  { name: 'compare', reach: click('.controls > .ctl', '[role=menu]'), viewport: true },
  { name: 'account', reach: click('.account', '[role=menu]'), viewport: true },
  { name: 'loading', mode: 'slow', reach: shows('.cards .skeleton') },
  { name: 'error', mode: 'error', reach: failed },
  { name: 'empty', mode: 'empty', reach: shows('.awaiting') },
  { name: 'quiet', mode: 'quiet', reach: loaded },
  { name: 'first', mode: 'first', reach: click('.ctl.range', '.custom-range') },
  { name: 'young', mode: 'young', query: '?range=30d&metric=conversion_rate', reach: hover(180) },
  { name: 'bots', query: '?bots=in&f=is,event:type,sale', reach: loaded },
  { name: 'hostile', mode: 'hostile', query: '?tab.sources=visit:referrer', reach: loaded },
  { name: 'signed-out', mode: 'signed-out', query: '?sign_in=expired', reach: shows('.terminal') },
]

/** expected are the browser's own lines about answers that a state is made of. */
export const expected = /Failed to load resource: the server responded with a status of (401|404|409|410|412|422|429|503)/
