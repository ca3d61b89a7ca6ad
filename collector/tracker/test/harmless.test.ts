// The page must not notice: nothing thrown, prevented, changed, or slowed.
import { expect, test } from 'vitest'
import { stage } from './site'

const on = stage()

const broken: Record<string, () => void> = {
  'fetch throws': () => {
    window.fetch = () => {
      throw new Error('fetch')
    }
  },
  'fetch is blocked': () => {
    window.fetch = () => Promise.reject(new TypeError('blocked by the client'))
  },
  'fetch and beacon are gone': () => {
    Object.assign(window, { fetch: undefined })
    Object.assign(navigator, { sendBeacon: undefined })
  },
  'storage throws': () => {
    Object.defineProperty(window, 'localStorage', {
      get() {
        throw new DOMException('denied', 'SecurityError')
      },
    })
  },
  'storage is full': () => {
    const full = new Proxy(localStorage, {
      set() {
        throw new DOMException('full', 'QuotaExceededError')
      },
    })
    Object.defineProperty(window, 'localStorage', { value: full })
  },
  'no randomness': () => {
    crypto.getRandomValues = () => {
      throw new Error('crypto')
    }
  },
  'history is frozen': () => {
    Object.freeze(history)
  },
  'no time zones': () => {
    Object.assign(window, { Intl: undefined })
  },
}

for (const [what, init] of Object.entries(broken)) {
  test(`${what}: the page works on, without a word`, async () => {
    const { site } = on
    const page = await site.visit({ init, attributes: 'data-mode="consented"', body: '<a id="a" href="#x" data-noctra-goal="g">a</a><form id="f"></form>' })
    await page.click('#a')
    await page.evaluate(() => {
      history.pushState(null, '', '/two')
      document.getElementById('f')!.dispatchEvent(new SubmitEvent('submit', { cancelable: true }))
    })
    for (const call of [['sale', { amount: 1 }], ['goal'], [], ['consent', { analytics: 'denied' }], ['opt-out'], ['opt-in'], ['nonsense', 7], ['constructor']])
      await site.call(...call)
    await site.hide()
    await page.goto(site.origin + '/three')
    expect(await page.textContent('#a')).toBe('a')
  })
}

test('an ad-blocked endpoint leaves the page alone', async () => {
  const { site, collector } = on
  site.allowed = /ERR_BLOCKED_BY_CLIENT|Failed to load resource/
  const page = await site.visit()
  await collector.named('pageview')
  await page.route('**/v1/events*', (route) => route.abort('blockedbyclient'))
  await site.call('goal', 'blocked')
  await page.unroute('**/v1/events*')
  await site.call('goal', 'free')
  expect(await collector.named('blocked')).toMatchObject({ type: 'goal' }) // repeated once it was let through
})

test('storage that throws still measures in consented mode, without an id', async () => {
  const { site, collector } = on
  await site.visit({ init: broken['storage is full']!, attributes: 'data-mode="consented"' })
  expect((await collector.named('pageview')).visitor_id).toBeUndefined()
})

test('nothing is prevented, no element is touched, no layout is forced, one global is made', async () => {
  const { site, collector } = on
  const page = await site.visit({
    body: '<p>text</p><a id="a" href="#x">a</a><form id="f"><button id="b" type="button" data-noctra-goal="g">b</button></form>',
    init: () => {
      const seen: string[] = []
      Object.assign(window, { seen })
      const prevent = Event.prototype.preventDefault
      Event.prototype.preventDefault = function () {
        seen.push('preventDefault')
        prevent.call(this)
      }
      new MutationObserver((all) => all.forEach((m) => m.target.nodeName !== 'HEAD' && document.readyState === 'complete' && seen.push('mutation'))).observe(document, {
        subtree: true,
        childList: true,
        attributes: true,
      })
      const dirty = { now: false }
      Object.assign(window, { dirty })
      const { get } = Object.getOwnPropertyDescriptor(Element.prototype, 'scrollHeight')!
      Object.defineProperty(Element.prototype, 'scrollHeight', {
        get() {
          if (dirty.now) seen.push('layout')
          return get!.call(this) as number
        },
      })
      // A page that changes itself in each scroll event and each frame.
      const work = (): void => {
        dirty.now = true
        queueMicrotask(() => requestAnimationFrame(() => setTimeout(() => (dirty.now = false))))
      }
      document.addEventListener('scroll', work, true)
    },
  })
  await collector.named('pageview')
  await page.click('#a')
  await page.click('#b')
  await page.evaluate(() => scrollTo(0, 1))
  await site.marked()
  expect(await page.evaluate(() => (window as unknown as { seen: string[] }).seen)).toEqual([])
  const globals = await page.evaluate(() => {
    const frame = document.createElement('iframe')
    document.body.append(frame)
    const clean = new Set(Object.getOwnPropertyNames(frame.contentWindow!))
    return Object.getOwnPropertyNames(window).filter((name) => !clean.has(name) && !/^(\d+|seen|dirty|__.*)$/.test(name))
  })
  expect(globals).toEqual(['noctra'])
})

test('the script twice in a page measures once', async () => {
  const { site, collector } = on
  const page = await site.visit()
  await collector.named('pageview')
  await page.evaluate(
    (src) =>
      new Promise((resolve) => {
        const again = document.createElement('script')
        Object.assign(again.dataset, { site: document.querySelector<HTMLElement>('script[data-site]')!.dataset.site })
        again.onload = resolve
        const policy = (window as unknown as { trustedTypes: { createPolicy: (n: string, r: object) => { createScriptURL: (u: string) => string } } }).trustedTypes
        again.src = policy.createPolicy('again', { createScriptURL: (u: string) => u }).createScriptURL(src)
        document.body.append(again)
      }),
    collector.origin + '/n.js',
  )
  expect(await site.marked()).toEqual([{ type: 'pageview', path: '/' }])
})
