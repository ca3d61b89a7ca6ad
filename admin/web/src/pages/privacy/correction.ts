// What of an event can be corrected: the parts that a form offers, what is sent of them, and what a
// correction has changed. Pure: tested without a page.
import type { Correction } from '../../api/corrections'
import { difference, type Change } from '../../audit/difference'
import { money } from '../../format/money'
import type { Values } from '../../forms/values'

export type Part = 'amount' | 'order_id' | 'url' | 'title' | 'props' | 'items'

export const parts: readonly { id: Part; label: string; note: string }[] = [
  { id: 'amount', label: 'Amount and currency', note: 'of a sale or refund' },
  { id: 'order_id', label: 'Order id', note: 'of a sale or refund' },
  { id: 'items', label: 'Items', note: 'of a sale or refund' },
  { id: 'url', label: 'Address', note: 'host and path; the query is emptied' },
  { id: 'title', label: 'Title', note: 'of the page' },
  { id: 'props', label: 'Properties', note: 'in place of all that there are' },
]

/** BadLine is a line that cannot be read; field is where it was typed. */
export class BadLine extends Error {
  readonly field: string

  constructor(field: string, message: string) {
    super(message)
    this.field = field
  }
}

const lines = (typed: string | undefined) => (typed ?? '').split('\n').filter((l) => l.trim() !== '')

/** propsOf reads lines of name = value. */
export function propsOf(typed: string | undefined): Record<string, string> {
  return Object.fromEntries(
    lines(typed).map((line) => {
      const at = line.indexOf('=')
      if (at < 1) throw new BadLine('props', `“${line.trim()}” is not name = value.`)
      return [line.slice(0, at).trim(), line.slice(at + 1).trim()]
    }),
  )
}

export interface Item {
  quantity: number
  name: string
  price?: string
  id?: string
  category?: string
}

/** itemsOf reads lines of quantity; name; price; id; category. The last three may be missing. */
export function itemsOf(typed: string | undefined): Item[] {
  return lines(typed).map((line) => {
    const [quantity = '', name = '', price = '', id = '', category = ''] = line.split(';').map((part) => part.trim())
    if (!/^\d{1,9}$/.test(quantity) || (name === '' && id === '')) throw new BadLine('items', `“${line.trim()}” does not begin with a number and a name.`)
    return { quantity: Number(quantity), name, ...(price && { price }), ...(id && { id }), ...(category && { category }) }
  })
}

/** valuesFor is what is sent of the chosen parts; what was left empty is emptied, but money. */
export function valuesFor(chosen: ReadonlySet<Part>, v: Values): Record<string, unknown> {
  const trimmed = (name: string) => (v[name] ?? '').trim()
  return {
    ...(chosen.has('amount') && trimmed('amount') !== '' ? { amount: trimmed('amount') } : {}),
    ...(chosen.has('amount') && trimmed('currency') !== '' ? { currency: trimmed('currency').toUpperCase() } : {}),
    ...(chosen.has('order_id') ? { order_id: trimmed('order_id') } : {}),
    ...(chosen.has('url') ? { url: trimmed('url') } : {}),
    ...(chosen.has('title') ? { title: trimmed('title') } : {}),
    ...(chosen.has('props') ? { props: propsOf(v['props']) } : {}),
    ...(chosen.has('items') ? { items: itemsOf(v['items']) } : {}),
  }
}

/** changesOf is what a correction has changed, amounts in words. */
export function changesOf(c: Correction): Change[] {
  const currency = text(c.after['currency'] ?? c.before['currency'])
  return difference(readable(c.before, text(c.before['currency']) || currency), readable(c.after, currency))
}

const text = (v: unknown) => (typeof v === 'string' ? v : '')

function readable(columns: Record<string, unknown>, currency: string): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(columns).map(([name, v]) => {
      if (name === 'amount' && typeof v === 'number') return [name, amount(v, currency)]
      if (name === 'item_prices' && Array.isArray(v)) return [name, v.map((p) => (typeof p === 'number' ? amount(p, currency) : p))]
      if (Array.isArray(v)) return [name, v.map((part) => (part === '' ? '–' : part))]
      return [name, v === '' ? 'nothing' : v]
    }),
  )
}

/** amount writes millionths with all their digits. Without a currency, it is the bare number. */
function amount(micros: number, currency: string): string {
  const digits = BigInt(Math.trunc(Math.abs(micros))).toString().padStart(7, '0')
  const decimal = `${micros < 0 ? '-' : ''}${digits.slice(0, -6)}.${digits.slice(-6)}`
  return currency ? money(decimal, currency) : decimal.replace(/(\.\d\d\d*?)0+$/, '$1')
}
