// What an entry of the audit says: a line for each thing, with what it was before and after. Objects
// are written out with dots, lists as what came and went.

export interface Change {
  name: string
  /** before and after are null where there was nothing. */
  before: string | null
  after: string | null
}

type Flat = Map<string, string>

/** difference lists what differs first in the order of after, then what is gone; what stayed is left out. */
export function difference(before: unknown, after: unknown): Change[] {
  const [old, now] = [flat(before), flat(after)]
  const names = [...new Set([...now.keys(), ...old.keys()])]
  return names.map((name) => ({ name, before: old.get(name) ?? null, after: now.get(name) ?? null })).filter((c) => c.before !== c.after)
}

/** stayed lists what is the same before and after: which thing it was. */
export function stayed(before: unknown, after: unknown): [string, string][] {
  const old = flat(before)
  return [...flat(after)].filter(([name, value]) => old.get(name) === value)
}

/** flat writes an object out: {a: {b: 1}} is a.b = 1. */
export function flat(value: unknown, prefix = '', into: Flat = new Map()): Flat {
  if (value === null || value === undefined) return into
  if (typeof value !== 'object') return into.set(prefix || 'value', String(value))
  if (Array.isArray(value)) {
    if (value.every((v) => typeof v !== 'object')) return into.set(prefix || 'value', value.length === 0 ? 'none' : value.map(String).join(', '))
    value.forEach((v, i) => flat(v, `${prefix}[${i}]`, into))
    return into
  }
  for (const [name, v] of Object.entries(value)) flat(v, prefix ? `${prefix}.${name}` : name, into)
  return into
}

/** Subject is a thing that an entry is about, as the API filters by it: site_id:3. */
export interface Subject {
  noun: string
  number: string
}

/** subjects are the things with a number in details, before and after. */
export function subjects(entry: { details: unknown; before: unknown; after: unknown }): Subject[] {
  const found = new Map<string, Subject>()
  for (const part of [entry.after, entry.before, entry.details]) {
    if (typeof part !== 'object' || part === null || Array.isArray(part)) continue
    for (const [noun, v] of Object.entries(part)) {
      const number = typeof v === 'number' || typeof v === 'string' ? String(v) : ''
      if (/^[a-z_]+_id$/.test(noun) && /^[1-9]\d{0,17}$/.test(number)) found.set(`${noun}:${number}`, { noun, number })
    }
  }
  return [...found.values()]
}
