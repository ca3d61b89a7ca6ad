// n.js: what a measured page loads. It starts when the page is really shown, takes up the calls
// that were made before, and then answers window.noctra(command, …).

import { type Fields, guard, on, script, site } from './browser'
import { consented, optedOut, optIn, optOut } from './device'
import { watchElements } from './elements'
import { interaction, pageview, track, watch } from './page'
import { resume, silence } from './queue'

type Call = [command: string, first?: unknown, second?: Fields]
type Stub = ((...call: Call) => void) & { q?: ArrayLike<unknown>[]; on?: number }

const page = window as { noctra?: Stub }

/** settings are the commands that hold for everything after them, so they go first. */
const settings: Record<string, (given: Fields) => void> = {
  consent: consented,
  'opt-out'() {
    optOut()
    silence(1)
  },
  'opt-in'() {
    optIn()
    silence(0)
  },
}

const call = guard((command: string, first?: unknown, second?: Fields): void => {
  if (settings[command]) settings[command](first as Fields)
  else if (command == '404') interaction(command)
  else if (command == 'pageview') pageview(first as Fields)
  else track(command, typeof first == 'string' ? { name: first, props: second } : (first as Fields))
})

const start = (): void => {
  const before = (page.noctra?.q || []) as unknown as Call[]
  page.noctra = call as Stub
  page.noctra.on = 1
  const replay = (isSetting: boolean): void =>
    before.forEach((made) => !settings[made[0]] != isSetting && call(...made))
  silence(optedOut())
  replay(true)
  resume()
  watch()
  watchElements()
  if (script.dataset.auto != 'off') pageview()
  script.dataset['404'] != null && interaction('404')
  replay(false)
}

const noctra = page.noctra
if (site && !noctra?.on) {
  if ((document as { prerendering?: boolean }).prerendering) {
    on(document, 'prerenderingchange', start)
  } else guard(start)()
}
