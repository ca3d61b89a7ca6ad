// Getting events to the collector, whatever fails on the way.
import { expect, test } from 'vitest'
import type { Answer } from './collector'
import { stage } from './site'

const on = stage()
const REFUSED = /Failed to load resource/ // the browser's own line about a failed request

/** retried opens a page whose first request fails that way and returns all requests. */
async function retried(answer: Answer) {
  const { site, collector } = on
  site.allowed = REFUSED
  collector.answers = [answer]
  await site.visit()
  await collector.named('pageview')
  return collector.requests
}

for (const answer of [{ status: 503 }, { status: 500 }, { status: 429 }, 'cut'] as Answer[]) {
  test(`a send that fails with ${JSON.stringify(answer)} is repeated under the same id`, async () => {
    const [first, second] = await retried(answer)
    expect(second!.events[0]!.id).toBe(first!.events[0]!.id)
    expect(second!.events[0]!.occurred_at).toBe(first!.events[0]!.occurred_at)
    expect(second!.events[0]!.sent_at).toBeGreaterThan(first!.events[0]!.sent_at)
  })
}

test('Retry-After is kept to, also by events that come meanwhile', async () => {
  const { site, collector } = on
  site.allowed = REFUSED
  collector.answers = [{ status: 503, retryAfter: '40' }]
  const page = await site.visit({ path: '/', attributes: 'data-auto="off"' })
  await page.clock.install()
  await page.reload()
  const answered = page.waitForResponse(/\/v1\/events/)
  await site.call('goal', 'one')
  await (await answered).finished() // the pause begins
  await site.call('goal', 'two')
  await page.clock.runFor(15_000) // while seconds go by here, too
  expect(collector.requests.length).toBe(1)
  await page.clock.runFor(30_000)
  await collector.named('two')
  expect(collector.requests.map((r) => r.events.map((e) => e.name))).toEqual([['one'], ['one', 'two']])
})

test('a request without an answer is given up and repeated', async () => {
  const { site, collector } = on
  collector.answers = ['hang']
  await site.visit()
  await collector.named('pageview', 90_000)
  expect(collector.requests.length).toBe(2)
})

for (const status of [400, 413, 415]) {
  test(`status ${status} is final for its events, not for later ones`, async () => {
    const { site, collector } = on
    site.allowed = REFUSED
    collector.answers = [{ status }]
    await site.visit()
    await collector.until('refusal', () => collector.requests.length === 1)
    expect(await site.marked()).toEqual([])
    expect(collector.requests.length).toBe(2)
  })
}

for (const status of [401, 403]) {
  test(`status ${status} ends sending`, async () => {
    const { site, collector } = on
    site.allowed = REFUSED
    collector.answers = [{ status }]
    const page = await site.visit()
    const answered = page.evaluate(() => new Promise((resolve) => new PerformanceObserver(resolve).observe({ type: 'resource', buffered: true })))
    await collector.until('refusal', () => collector.requests.length === 1)
    await answered
    await page.waitForFunction((origin) => performance.getEntriesByType('resource').some((e) => e.name.startsWith(origin) && e.name.includes('/v1/')), collector.origin)
    await site.call('goal', 'later')
    await page.goto(site.origin + '/next') // its pageview comes, what the page before had to say does not
    await collector.until('the next page', () => collector.requests.length >= 2)
    expect(collector.accepted.map((e) => [e.type, e.title])).toEqual([['pageview', 'Page /next']])
  })
}

test('what is left goes by beacon when the page is left', async () => {
  const { site, collector } = on
  const page = await site.visit({ body: '<a id="out" href="/next">next</a>' })
  await collector.named('pageview')
  await page.evaluate(() => {
    const calls = window as unknown as { noctra: (...a: unknown[]) => void }
    document.getElementById('out')!.addEventListener('click', () => calls.noctra('goal', 'leaving'))
    addEventListener('pagehide', () => calls.noctra('goal', 'at the very end'), { capture: true })
  })
  await page.click('#out')
  await collector.named('leaving')
  await collector.until('the next page', () => collector.accepted.some((e) => e.title === 'Page /next'))
})

test('a hidden page sends by beacon what waits for a retry, and keeps it', async () => {
  const { site, collector } = on
  site.allowed = REFUSED
  collector.answers = [{ status: 503, retryAfter: '2' }]
  await site.visit()
  await collector.until('the failure', () => collector.requests.length === 1)
  // The answer has been read once a new event no longer starts a request at once.
  await site.page.waitForFunction(() => performance.getEntriesByType('resource').some((e) => e.name.includes('/v1/')))
  await site.hide()
  await collector.until('beacon', () => collector.requests.some((r) => r.beacon))
  await collector.until('repeat', () => collector.requests.length === 3)
  expect(new Set(collector.requests.flatMap((r) => r.events.map((e) => e.id))).size).toBe(1)
})

test('the queue is bounded, sales are dropped last', async () => {
  const { site, collector } = on
  site.allowed = REFUSED
  collector.answers = [{ status: 503, retryAfter: '3' }]
  await site.visit()
  await collector.until('the failure', () => collector.requests.length === 1)
  await site.page.evaluate(() => {
    const { noctra } = window as unknown as { noctra: (...a: unknown[]) => void }
    noctra('sale', { order_id: 'A-1', amount: '19.99', currency: 'EUR', items: [{ id: 'p1', quantity: 1, price: '19.99' }] })
    for (let i = 0; i < 150; i++) noctra('goal', `g${i}`)
  })
  await collector.named('g149')
  const goals = collector.accepted.filter((e) => e.type === 'goal')
  expect(collector.accepted.length).toBe(100)
  expect(goals.length).toBe(99)
  expect(goals[0]!.name).toBe('g51')
  expect(await collector.named('sale')).toMatchObject({ order_id: 'A-1', amount: '19.99', currency: 'EUR' })
})

test('calls made before the script has loaded come after the first pageview', async () => {
  const { site, collector } = on
  await site.visit({
    early: `noctra("goal", "Newsletter", {place: "top"}); noctra("consent", {analytics: "granted"});
      noctra("sale", {order_id: "A-2", amount: 5, currency: "EUR"})`,
  })
  await collector.named('sale')
  expect(collector.accepted.map((e) => [e.type, e.name, e.consent])).toEqual([
    ['pageview', undefined, { analytics: 'granted' }],
    ['goal', 'Newsletter', { analytics: 'granted' }],
    ['sale', undefined, { analytics: 'granted' }],
  ])
  expect(collector.accepted[1]!.props).toEqual({ place: 'top' })
})

test('other kinds of events by call', async () => {
  const { site, collector } = on
  await site.visit()
  await site.call('click', { gclid: 'abcdefghij1' })
  await site.call('interaction', 'video', { part: 'half' })
  expect(await collector.named('click')).toMatchObject({ gclid: 'abcdefghij1' })
  expect(await collector.named('video')).toMatchObject({ type: 'interaction', props: { part: 'half' } })
})

test('what cannot be sent does not stand in the way of what can', async () => {
  const { site, collector } = on
  site.allowed = REFUSED
  await site.visit()
  await collector.named('pageview')
  collector.answers = [{ status: 413 }]
  await site.page.evaluate(() => {
    const { noctra } = window as unknown as { noctra: (...a: unknown[]) => void }
    const circle: Record<string, unknown> = {}
    circle.self = circle
    noctra('goal', 'circle', circle)
    noctra('goal', 'huge', { text: 'x'.repeat(100_000) })
  })
  await collector.until('the huge one', () => collector.requests.length === 2)
  expect(collector.requests[1]!.events.map((e) => e.name)).toEqual(['huge'])
  expect(await site.marked()).toEqual([{ type: 'pageview', path: '/' }])
})

test('an event is what it was at the time of the call', async () => {
  const { site, collector } = on
  await site.visit()
  await site.page.evaluate(() => {
    const { noctra } = window as unknown as { noctra: (...a: unknown[]) => void }
    const props = { step: 'one' }
    noctra('goal', 'snapshot', props)
    props.step = 'two'
  })
  expect((await collector.named('snapshot')).props).toEqual({ step: 'one' })
})
