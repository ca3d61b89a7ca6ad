// Filters as the page keeps them: the API's own triples, one per operator and dimension.
import type { Filter, Operator } from '../api/types'

export const dimensions: readonly { id: string; label: string; group: string }[] = [
  { id: 'visit:channel', label: 'Channel', group: 'Sources' },
  { id: 'visit:source', label: 'Source', group: 'Sources' },
  { id: 'visit:referrer', label: 'Referrer', group: 'Sources' },
  { id: 'visit:utm_campaign', label: 'Campaign', group: 'Sources' },
  { id: 'visit:utm_source', label: 'UTM source', group: 'Sources' },
  { id: 'visit:utm_medium', label: 'UTM medium', group: 'Sources' },
  { id: 'visit:utm_content', label: 'UTM content', group: 'Sources' },
  { id: 'visit:utm_term', label: 'UTM term', group: 'Sources' },
  { id: 'event:page', label: 'Page', group: 'Pages' },
  { id: 'visit:entry_page', label: 'Entry page', group: 'Pages' },
  { id: 'visit:exit_page', label: 'Exit page', group: 'Pages' },
  { id: 'event:hostname', label: 'Host name', group: 'Pages' },
  { id: 'visit:country', label: 'Country', group: 'Places' },
  { id: 'visit:region', label: 'Region', group: 'Places' },
  { id: 'visit:city', label: 'City', group: 'Places' },
  { id: 'visit:device', label: 'Device', group: 'Devices' },
  { id: 'visit:browser', label: 'Browser', group: 'Devices' },
  { id: 'visit:os', label: 'System', group: 'Devices' },
  { id: 'event:type', label: 'Type', group: 'Events' },
  { id: 'event:goal', label: 'Goal', group: 'Events' },
]

export const operators: readonly { id: Operator; label: string }[] = [
  { id: 'is', label: 'is' },
  { id: 'is_not', label: 'is not' },
  { id: 'contains', label: 'contains' },
]

const operatorNames: Record<Operator, string> = {
  is: 'is', is_not: 'is not', contains: 'contains', contains_not: 'does not contain',
}

export function operatorName(operator: Operator): string {
  return operatorNames[operator]
}

export function isOperator(text: string): text is Operator {
  return Object.hasOwn(operatorNames, text)
}

export function dimensionLabel(id: string): string {
  return dimensions.find((d) => d.id === id)?.label ?? id.replace(/^(visit|event):/, '').replace('props:', 'Property ')
}

/** isChosen tells whether a row is what its dimension is filtered by. */
export function isChosen(filters: readonly Filter[], dimension: string, value: string): boolean {
  return filters.some(([op, dim, values]) => op === 'is' && dim === dimension && values.includes(value))
}

/** toggle is a click on a row: filter by it, or take that filter away again. */
export function toggle(filters: readonly Filter[], dimension: string, value: string): Filter[] {
  const rest = filters.filter(([op, dim]) => !(op === 'is' && dim === dimension))
  return isChosen(filters, dimension, value) ? rest : [...rest, ['is', dimension, [value]]]
}

/** put adds a filter, or replaces the one at index. Filters without values are left out. */
export function put(filters: readonly Filter[], filter: Filter, index: number | null): Filter[] {
  const next = index === null ? [...filters, filter] : filters.map((f, i) => (i === index ? filter : f))
  return next.filter(([, , values]) => values.length > 0)
}

/** encode writes a filter for the address bar: is,visit:country,DE,FR with \ before a comma or \. */
export function encode(filter: Filter): string {
  const [op, dimension, values] = filter
  return [op, dimension, ...values].map((s) => s.replace(/[\\,]/g, '\\$&')).join(',')
}

/** decode reads what encode wrote; null for anything that is no filter. */
export function decode(text: string): Filter | null {
  const [op, dimension, ...values] = split(text)
  if (!op || !isOperator(op) || !dimension || values.length === 0) return null
  return /^(visit|event):[a-z_:A-Z0-9-]+$/.test(dimension) ? [op, dimension, values] : null
}

function split(text: string): string[] {
  const out = ['']
  for (let i = 0; i < text.length; i++) {
    const c = text.charAt(i)
    if (c === ',') out.push('')
    else out[out.length - 1] += c === '\\' ? text.charAt(++i) : c
  }
  return out
}
