// What visitors do on the page's elements. Listens only: nothing is prevented or delayed.

import { cut, on } from './browser'
import { interaction, path, track } from './page'

const FILE = /\.(pdf|docx?|xlsx?|pptx?|csv|txt|zip|rar|7z|t?gz|dmg|pkg|exe|msi|apk|mp[34]|mov)$/i

const find = <E extends Element>(event: Event, selector: string): E | undefined =>
  event.composedPath().find((node) => (node as E).matches?.(selector)) as E | undefined

/** goal sends the goal that an element names; data-noctra-plan="pro" becomes the property plan. */
const goal = (element?: Element): void => {
  if (!element) return
  const props: Record<string, string> = {}
  let name = ''
  for (const attribute of element.attributes) {
    const key = attribute.name.split('data-noctra-')[1]
    if (key == 'goal') name = attribute.value
    else if (key) props[key] = attribute.value
  }
  track('goal', { name, props })
}

const clicked = (event: MouseEvent): void => {
  if (event.button > 1) return
  const link = find<HTMLAnchorElement>(event, 'a[href]')
  if (!event.button || link) goal(find(event, '[data-noctra-goal]:not(form)'))
  if (!link?.host) return
  // Without the query, which may hold what is nobody's business.
  const props = { url: cut(link.origin + link.pathname) }
  if (link.matches('[download]') || FILE.test(link.pathname)) interaction('download', props)
  else if (link.host != location.host) interaction('outbound', props)
}

const submitted = (event: Event): void => {
  const form = find(event, 'form')!
  const get = (name: string): string => form.getAttribute(name) || '' // form.action may be an input
  goal(find(event, 'form[data-noctra-goal]'))
  interaction('form', { form: get('id') || get('name') || path(get('action')) })
}

export const watchElements = (): void => {
  on(document, 'click auxclick', clicked)
  on(document, 'submit', submitted)
}
