// Pageviews and engagement, however a page comes to be.
import { expect, test } from 'vitest'
import { stage } from './site'

const on = stage()
const view = (path: string) => ({ type: 'pageview', path })

test('a load is a pageview with all that the browser tells', async () => {
  const { site, collector } = on
  await site.visit({ path: '/guide?utm_source=news&gclid=abcdefghij1#part' })
  const event = await collector.named('pageview')
  expect(event).toMatchObject({
    type: 'pageview',
    url: `${site.origin}/guide?utm_source=news&gclid=abcdefghij1`,
    referrer: '',
    title: 'Page /guide',
    screen: '1000x800',
    language: 'pt-PT',
    time_zone: 'Europe/Lisbon',
  })
  expect(event).not.toHaveProperty('visitor_id')
  expect(event).not.toHaveProperty('consent')
  expect(await site.marked()).toEqual([view('/guide?utm_source=news&gclid=abcdefghij1')])
})

test('the history API makes pageviews where the path changes', async () => {
  const { site, collector } = on
  const page = await site.visit()
  await collector.named('pageview')
  const go = (method: 'pushState' | 'replaceState', url: string) =>
    page.evaluate(([m, u]) => {
      history[m as 'pushState']({ kept: 1 }, '', u)
      document.title = `Title of ${u}`
    }, [method, url])
  await go('pushState', '/cart?step=1')
  await collector.until('cart', () => collector.accepted.length === 2)
  await go('pushState', '/cart?step=2') // the same page
  await go('replaceState', '/cart#top')
  await go('replaceState', '/pay')
  await collector.until('pay', () => collector.accepted.length === 3)
  expect(await page.evaluate(() => history.state as unknown)).toEqual({ kept: 1 })
  await page.evaluate(() => history.back())
  await collector.until('back', () => collector.accepted.length === 4)
  expect(await site.marked()).toEqual([view('/'), view('/cart?step=1'), view('/pay'), view('/cart?step=1')])
  expect(collector.accepted.map((e) => [e.referrer.replace(site.origin, ''), e.title]).slice(0, 3)).toEqual([
    ['', 'Page /'],
    ['/', 'Title of /cart?step=1'],
    ['/cart?step=1', 'Title of /pay'],
  ])
})

test('a redirect within one task is one page, and errors of the history API stay the page’s', async () => {
  const { site, collector } = on
  const page = await site.visit()
  await collector.named('pageview')
  const thrown = await page.evaluate(() => {
    history.pushState(null, '', '/old')
    history.replaceState(null, '', '/new')
    try {
      history.pushState(() => 1, '', '/never')
      return 'nothing'
    } catch (e) {
      return (e as Error).name
    }
  })
  expect(thrown).toBe('DataCloneError')
  await collector.until('new', () => collector.accepted.length === 2)
  expect(await site.marked()).toEqual([view('/'), view('/new')])
})

test('hash mode makes the fragment part of the path', async () => {
  const { site, collector } = on
  const page = await site.visit({ path: '/app?gclid=abcdefghij1#/list', attributes: 'data-hash' })
  await collector.named('pageview')
  await page.evaluate(() => void (location.hash = '#!/item/7?color=red'))
  await collector.until('item', () => collector.accepted.length === 2)
  await page.evaluate(() => history.back())
  await collector.until('list', () => collector.accepted.length === 3)
  expect(await site.marked()).toEqual([
    view('/app/list?gclid=abcdefghij1'),
    view('/app/item/7?color=red&gclid=abcdefghij1'),
    view('/app/list?gclid=abcdefghij1'),
  ])
})

test('without hash mode a fragment is no page', async () => {
  const { site, collector } = on
  const page = await site.visit()
  await collector.named('pageview')
  await page.evaluate(() => void (location.hash = '#part'))
  expect(await site.marked()).toEqual([view('/')])
})

// The headless browser has no back/forward cache and no prerendering: what it would tell a page
// is told by hand.
test('a page that comes back from the back/forward cache is viewed again', async () => {
  const { site, collector } = on
  const page = await site.visit()
  await collector.named('pageview')
  const pass = (type: string, persisted: boolean) =>
    page.evaluate(([t, p]) => void dispatchEvent(new PageTransitionEvent(t as string, { persisted: p as boolean })), [type, persisted])
  await pass('pageshow', false) // an ordinary load
  await pass('pagehide', true)
  await pass('pageshow', true)
  await collector.until('back', () => collector.accepted.length === 2)
  expect(await site.marked()).toEqual([view('/'), view('/')])
})

test('a prerendered page counts when it is shown', async () => {
  const { site, collector } = on
  const page = await site.visit({
    early: 'noctra("goal", "early")',
    init: () => Object.defineProperty(document, 'prerendering', { value: true, configurable: true }),
  })
  await page.waitForLoadState('load')
  expect(collector.requests).toEqual([])
  await page.evaluate(() => {
    Object.defineProperty(document, 'prerendering', { value: false })
    document.dispatchEvent(new Event('prerenderingchange'))
  })
  expect(await site.marked()).toEqual([view('/'), { type: 'goal', name: 'early', path: '/' }])
})

test('manual pages: data-auto="off" and calls', async () => {
  const { site, collector } = on
  const page = await site.visit({ attributes: 'data-auto="off"' })
  await page.evaluate(() => history.pushState(null, '', '/one'))
  await site.call('pageview', { title: 'My title', props: { plan: 'pro' } })
  const event = await collector.named('pageview')
  expect(event).toMatchObject({ title: 'My title', props: { plan: 'pro' } })
  expect(await site.marked()).toEqual([view('/one')])
})

test('engagement tells seconds in view and scroll depth of its own page', async () => {
  const { site, collector } = on
  const page = await site.visit({ body: '<div>' + '<p>line</p>'.repeat(400) + '</div>', init: undefined })
  await page.clock.install()
  await page.reload()
  await collector.until('load', () => collector.accepted.length > 0)
  const height = await page.evaluate(() => document.documentElement.scrollHeight)
  await page.evaluate(
    (y) =>
      new Promise((resolve) => {
        addEventListener('scroll', resolve, { once: true })
        scrollTo(0, y)
      }),
    height / 2 - 800,
  )
  await page.clock.runFor(30_000)
  await site.hide()
  await collector.until('first', () => collector.accepted.some((e) => e.name === 'engagement'))
  await page.clock.runFor(600_000) // unseen
  await site.hide(false)
  await page.clock.runFor(5_000)
  await page.evaluate(() => history.pushState(null, '', '/next'))
  await page.clock.runFor(1_000)
  await collector.until('second', () => collector.accepted.filter((e) => e.name === 'engagement').length === 2)
  const told = collector.accepted.filter((e) => e.name === 'engagement')
  expect(told.map((e) => e.url)).toEqual([site.origin + '/', site.origin + '/'])
  expect(Number(told[0]!.props!.seconds)).toBeGreaterThanOrEqual(30)
  expect(Number(told[0]!.props!.seconds)).toBeLessThan(40)
  expect(Number(told[1]!.props!.seconds)).toBeGreaterThanOrEqual(5)
  expect(Number(told[1]!.props!.seconds)).toBeLessThan(15)
  expect(Number(told[0]!.props!.scroll)).toBeGreaterThanOrEqual(48)
  expect(Number(told[0]!.props!.scroll)).toBeLessThanOrEqual(52)
})

test('404 by attribute and by call', async () => {
  const { site } = on
  await site.visit({ path: '/gone', attributes: 'data-404' })
  await site.call('404')
  const missing = { type: 'interaction', name: '404', path: '/gone' }
  expect(await site.marked()).toEqual([view('/gone'), missing, missing])
})

test('an address beyond the limit is cut at a parameter', async () => {
  const { site, collector } = on
  await site.visit({ path: `/?a=${'x'.repeat(1900)}&gclid=${'y'.repeat(300)}` })
  const event = await collector.named('pageview')
  expect(event.url).toBe(`${site.origin}/?a=${'x'.repeat(1900)}`)
})

test('a long title is cut between characters', async () => {
  const { site, collector } = on
  await site.visit()
  await collector.named('pageview')
  await site.page.evaluate(() => void (document.title = '🌙'.repeat(600)))
  await site.call('goal', 'long')
  expect((await collector.named('long')).title).toBe('🌙'.repeat(500))
})
