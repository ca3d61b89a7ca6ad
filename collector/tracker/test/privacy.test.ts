// What is written on the device, consent, Global Privacy Control, opt-out.
import { expect, test } from 'vitest'
import { SITE } from './collector'
import { stage } from './site'

const on = stage()
const KEY = `noctra:${SITE}:`
const CONSENTED = 'data-mode="consented"'

/** stored lists all that the page's origin has on the device. */
const stored = () =>
  on.site.page.evaluate(async () => [
    ...Object.keys(localStorage),
    ...Object.keys(sessionStorage),
    ...(document.cookie ? [document.cookie] : []),
    ...(await indexedDB.databases()).map((d) => d.name),
    ...(window.caches ? await caches.keys() : []),
  ])

const gpc = () => Object.defineProperty(navigator, 'globalPrivacyControl', { value: true })
/** everySet reports each write, also one that is taken back at once. */
const everySet = () => {
  const watched = new Proxy(localStorage, {
    get: (store, key) => {
      if (key === 'setItem') console.error('stored')
      const value = Reflect.get(store, key) as unknown
      return typeof value === 'function' ? (value.bind(store) as unknown) : value
    },
    set: (store, key, value) => {
      console.error(`stored ${String(key)}`)
      return Reflect.set(store, key, value)
    },
  })
  Object.defineProperty(window, 'localStorage', { value: watched })
}

test('cookieless mode writes nothing at all, also when sends fail and consent is given', async () => {
  const { site, collector } = on
  site.allowed = /Failed to load resource/
  collector.answers = [{ status: 503, retryAfter: '1' }]
  const page = await site.visit({ init: everySet, early: 'noctra("consent", {analytics: "granted"})' })
  await site.call('sale', { order_id: 'A', amount: '1', currency: 'EUR' })
  await page.evaluate(() => history.pushState(null, '', '/two'))
  await collector.until('all', () => collector.accepted.length === 3)
  await site.hide()
  expect(await stored()).toEqual([])
  expect(collector.accepted.every((e) => e.visitor_id === undefined)).toBe(true)
})

test('consented mode keeps one id per site, over pages', async () => {
  const { site, collector } = on
  const page = await site.visit({ attributes: CONSENTED })
  await collector.named('pageview')
  await page.goto(site.origin + '/two')
  await collector.until('two pages', () => collector.accepted.length === 2)
  const ids = collector.accepted.map((e) => e.visitor_id)
  expect(ids[0]).toMatch(/^[0-9a-f-]{36}$/)
  expect(ids[1]).toBe(ids[0])
  expect(await stored()).toEqual([KEY + 'id'])
})

test('consented mode: an id of more than 13 months is replaced', async () => {
  const { site, collector } = on
  const page = await site.visit({ attributes: CONSENTED })
  await collector.named('pageview')
  const age = (days: number) => `${(Date.now() - days * 864e5).toString(16).padStart(12, '0').replace(/(.{8})/, '$1-')}-7000-8000-000000000000`
  for (const days of [390, 400]) {
    const id = age(days)
    await page.evaluate(([key, value]) => localStorage.setItem(key!, value!), [KEY + 'id', id])
    collector.reset()
    await page.reload()
    await collector.named('pageview')
    expect(collector.accepted[0]!.visitor_id === id).toBe(days === 390)
  }
})

test('consented mode: what could not be sent goes from the next page, under the same id', async () => {
  const { site, collector } = on
  site.allowed = /Failed to load resource/
  collector.answers = Array.from({ length: 9 }, () => ({ status: 503, retryAfter: '60' }))
  const page = await site.visit({ attributes: CONSENTED })
  await collector.until('the failure', () => collector.requests.length === 1)
  const lost = collector.requests[0]!.events[0]!.id
  await page.evaluate(() => (navigator.sendBeacon = () => false))
  await page.evaluate((key) => localStorage.setItem(key, '{broken'), KEY + 'q:broken')
  collector.answers = []
  await page.goto(site.origin + '/two')
  await collector.until('both', () => collector.accepted.length === 2)
  expect(collector.accepted[0]!.id).toBe(lost)
  await page.waitForFunction((key) => !Object.keys(localStorage).some((k) => k.startsWith(key)), KEY + 'q:')
})

test('consented mode: denied consent wipes the device, granted starts anew', async () => {
  const { site, collector } = on
  await site.visit({ attributes: CONSENTED })
  const first = (await collector.named('pageview')).visitor_id
  await site.call('consent', { analytics: 'denied', ad_user_data: 'denied' })
  expect(await stored()).toEqual([])
  await site.call('goal', 'denied')
  expect(await collector.named('denied')).toMatchObject({ consent: { analytics: 'denied', ad_user_data: 'denied' } })
  expect((await collector.named('denied')).visitor_id).toBeUndefined()
  await site.call('consent', { analytics: 'granted' })
  await site.call('goal', 'granted')
  const granted = await collector.named('granted')
  expect(granted.consent).toEqual({ analytics: 'granted', ad_user_data: 'denied' })
  expect(granted.visitor_id).toMatch(/^[0-9a-f-]{36}$/)
  expect(granted.visitor_id).not.toBe(first)
})

test('consented mode: denied before the script has loaded stores nothing for a moment', async () => {
  const { site, collector } = on
  await site.visit({ attributes: CONSENTED, early: 'noctra("consent", {analytics: "denied"})', init: everySet })
  expect((await collector.named('pageview')).visitor_id).toBeUndefined()
  expect(await stored()).toEqual([])
})

test('Global Privacy Control denies ads, whatever the page says, and stores nothing', async () => {
  const { site, collector } = on
  await site.visit({ attributes: CONSENTED, init: gpc })
  const denied = { ad_user_data: 'denied', ad_personalization: 'denied' }
  expect(await collector.named('pageview')).toMatchObject({ consent: denied })
  await site.call('consent', { analytics: 'granted', ad_user_data: 'granted', ad_personalization: 'granted' })
  await site.call('goal', 'later')
  const later = await collector.named('later')
  expect(later.consent).toEqual({ analytics: 'granted', ...denied })
  expect(later.visitor_id).toBeUndefined()
  expect(await stored()).toEqual([])
})

for (const attributes of ['', CONSENTED]) {
  test(`opt-out is remembered and opt-in lifts it (${attributes || 'cookieless'})`, async () => {
    const { site, collector } = on
    const page = await site.visit({ attributes })
    await collector.named('pageview')
    await site.call('opt-out')
    await site.call('goal', 'unseen')
    expect(await stored()).toEqual(['noctra:opt-out'])
    await page.goto(site.origin + '/two')
    await site.call('goal', 'unseen too')
    await site.hide()
    await site.hide(false)
    await site.call('opt-in')
    await site.call('goal', 'seen')
    await collector.named('seen')
    expect(collector.accepted.map((e) => e.name ?? e.type)).toEqual(['pageview', 'seen'])
    await page.waitForFunction((key) => !Object.keys(localStorage).some((k) => k.startsWith(key)), KEY + 'q:')
    expect(await stored()).toEqual(attributes ? [KEY + 'id'] : [])
  })
}

test('an opt-out before the script has loaded stops even the first pageview', async () => {
  const { site, collector } = on
  await site.visit({ early: 'noctra("opt-out"); noctra("goal", "unseen")' })
  await site.call('opt-in')
  expect(await site.marked()).toEqual([])
  expect(collector.requests.length).toBe(1)
})
