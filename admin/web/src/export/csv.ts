// CSV as spreadsheets read it (RFC 4180), with formulas made harmless: a cell that begins
// like one gets an apostrophe in front.

const DANGEROUS = /^[=+\-@\t\r\n\0]/
const PLAIN_NUMBER = /^-?\d+(\.\d+)?$/

/** A cell is text from outside, a number, or a decimal string that the product itself made. */
export type Cell = string | number | null | { decimal: string }

export function cell(value: Cell): string {
  if (value === null) return ''
  if (typeof value === 'number') return value.toString()
  if (typeof value === 'object' && PLAIN_NUMBER.test(value.decimal)) return value.decimal
  const raw = typeof value === 'object' ? value.decimal : value
  const safe = DANGEROUS.test(raw) ? `'${raw}` : raw
  return /[",\n\r\0]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe
}

export function csv(header: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [header, ...rows].map((row) => row.map(cell).join(',')).join('\r\n') + '\r\n'
}

/** download hands a table to the browser as a file, with a byte order mark for spreadsheets. */
export function download(name: string, text: string): void {
  save(name, new Blob(['\ufeff', text], { type: 'text/csv;charset=utf-8' }))
}

/** save hands the browser a file. */
export function save(name: string, content: Blob): void {
  const url = URL.createObjectURL(content)
  const link = document.createElement('a')
  link.href = url
  link.download = name.replace(/[^\w.-]+/g, '-')
  document.body.append(link)
  link.click()
  link.remove()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
