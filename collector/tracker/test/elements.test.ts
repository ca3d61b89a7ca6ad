// Links, downloads, forms, and goals by attribute.
import { expect, test } from 'vitest'
import { stage } from './site'

const on = stage()

const BODY = `
  <a id="out" href="http://127.0.0.1:9/away?token=secret"><b id="inner">out</b></a>
  <a id="mail" href="mailto:a@b.example">mail</a>
  <a id="in" href="#here">in</a>
  <a id="file" href="/price-list.pdf?v=2">file</a>
  <a id="named" download href="/export.x">named</a>
  <button id="goal" type="button" data-noctra-goal="Add to cart" data-noctra-product="Lamp" data-other="no"><i id="deep">+</i></button>
  <form id="newsletter" action="/subscribe?x=1" data-noctra-goal="Newsletter">
    <input name="action"><input name="email" value="a@b.example"><button id="send">send</button></form>
  <form id="" action="/search?q=secret"><button id="search">search</button></form>
  <div id="host"></div>`

async function opened() {
  const { site, collector } = on
  const page = await site.visit({ body: BODY })
  await collector.named('pageview')
  await page.evaluate(() => {
    // A page that handles its links by itself: nothing is followed, nothing reaches the document.
    for (const link of document.querySelectorAll('a, button, form')) {
      const stop = (e: Event): void => {
        e.preventDefault()
        e.stopPropagation()
      }
      for (const type of link.matches('form') ? ['submit'] : ['click', 'auxclick']) link.parentElement!.matches('form') || link.addEventListener(type, stop)
    }
  })
  return page
}

const cases: { what: string; click: string; button?: 'middle' | 'right'; want: [string, string | undefined, unknown][] }[] = [
  { what: 'outbound link', click: '#inner', want: [['interaction', 'outbound', { url: 'http://127.0.0.1:9/away' }]] },
  { what: 'outbound link, middle button', click: '#out', button: 'middle', want: [['interaction', 'outbound', { url: 'http://127.0.0.1:9/away' }]] },
  { what: 'outbound link, right button', click: '#out', button: 'right', want: [] },
  { what: 'mail link', click: '#mail', want: [] },
  { what: 'inner link', click: '#in', want: [] },
  { what: 'file by its name', click: '#file', want: [['interaction', 'download', { url: 'ORIGIN/price-list.pdf' }]] },
  { what: 'file by attribute', click: '#named', want: [['interaction', 'download', { url: 'ORIGIN/export.x' }]] },
  { what: 'goal', click: '#deep', want: [['goal', 'Add to cart', { product: 'Lamp' }]] },
  { what: 'goal, middle button', click: '#goal', button: 'middle', want: [] },
  { what: 'form without a name', click: '#search', want: [['interaction', 'form', { form: '/search' }]] },
  {
    what: 'form with a goal',
    click: '#send',
    want: [
      ['goal', 'Newsletter', {}],
      ['interaction', 'form', { form: 'newsletter' }],
    ],
  },
]

for (const { what, click, button, want } of cases) {
  test(what, async () => {
    const { site, collector } = on
    const page = await opened()
    await page.click(click, { button: button ?? 'left' })
    await site.marked()
    const came = collector.accepted.filter((e) => e.type !== 'pageview' && e.name !== 'mark')
    expect(came.map((e) => [e.type, e.name, e.props])).toEqual(JSON.parse(JSON.stringify(want).replace('ORIGIN', site.origin)))
  })
}

test('elements inside an open shadow root', async () => {
  const { collector } = on
  const page = await opened()
  await page.evaluate(() => {
    const root = document.getElementById('host')!.attachShadow({ mode: 'open' })
    const button = document.createElement('button')
    button.dataset.noctraGoal = 'Inside'
    root.append(button)
    button.click()
  })
  expect(await collector.named('Inside')).toMatchObject({ type: 'goal' })
})
