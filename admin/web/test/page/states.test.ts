import { mkdirSync } from 'node:fs'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createMock, type Mock } from '../../dev/mock'
import { servePages, type PageServer } from '../../dev/server'
import { accountStates, lesserStates } from './accountStates'
import { violations } from './axe'
import { conversionStates } from './conversionStates'
import { launch, layoutShifts, NOW, open } from './browser'
import { privacyStates } from './privacyStates'
import { expected, SITE, states, type State } from './states'
import { teamStates } from './teamStates'

// Each state, in both themes, narrow and wide: nothing on the console, nothing refused by the
// security policy, no accessibility finding, nothing that moves, nothing wider than the
// window. With NOCTRA_PICTURES=1 a picture of each is left in test-output for people to look at.
const PICTURES = process.env['NOCTRA_PICTURES'] ? 'test-output' : null
const SHIFT_LIMIT = 0.02

const views = (['light', 'dark'] as const).flatMap((theme) => [
  { theme, width: 1440, height: 900 },
  { theme, width: 375, height: 812 },
])
const lesserViews = [views[1]!, views[2]!]
const pageViews = [views[0]!, views[3]!]
// Both themes and both widths are seen of each state; all four together of those that differ most.
const whole = new Set(['overview', 'filtered', 'today', 'details', 'error', 'hostile', 'sign-in', 'account-leaving'])
const cased = (all: readonly State[], seen: typeof views) => all.flatMap((state) => seen.map((view) => ({ state, view, name: `${state.name} ${view.theme} ${view.width}` })))
const most = [...states, ...accountStates]
const cases = [
  ...cased(teamStates, pageViews),
  ...cased(lesserStates, lesserViews),
  ...[...privacyStates, ...conversionStates].flatMap((state, i) => cased([state], [views[i % views.length]!])),
  ...cased(most.filter((s) => whole.has(s.name)), views),
  ...cased(most.filter((s) => !whole.has(s.name)), pageViews),
  ...[768, 1920].map((width) => ({ state: states[0]!, view: { theme: 'light' as const, width, height: 1024 }, name: `overview light ${width}` })),
]

let browser: Browser
let mock: Mock
let server: PageServer

beforeAll(async () => {
  if (PICTURES) mkdirSync(PICTURES, { recursive: true })
  mock = createMock({ now: () => NOW, slowMs: 600_000 })
  server = await servePages('dist', mock)
  browser = await launch()
})
afterAll(async () => {
  await browser.close()
  await server.close()
})

async function movedMore(page: Page): Promise<string[]> {
  const shifts = await layoutShifts(page)
  return shifts.reduce((sum, s) => sum + s.value, 0) > SHIFT_LIMIT ? shifts.map((s) => `${s.value.toFixed(3)} ${s.what}`) : []
}

test.each(cases)('$name', async ({ state, view, name }) => {
  mock.restart(state.mode ?? 'normal')
  const { page, faults, close } = await open(browser, { ...view, touch: view.width < 500 }, expected)
  await page.goto(`${server.url}${state.path ?? SITE + (state.query ?? '')}`)
  await state.reach(page)
  const moved = state.unfolds ? [] : await movedMore(page)
  if (PICTURES) await page.screenshot({ path: `${PICTURES}/${name.replaceAll(' ', '-')}.png`, fullPage: !state.viewport })
  const found = {
    faults,
    accessibility: await violations(page),
    overflow: await page.evaluate(() => Math.max(0, document.documentElement.scrollWidth - innerWidth)),
    moved,
  }
  await close()
  expect(found).toEqual({ faults: [], accessibility: [], overflow: 0, moved: [] })
})
