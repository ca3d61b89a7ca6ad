// Money arrives as decimal strings and is shown from them digit by digit: no float ever holds
// an amount that is printed. Number() is used for geometry (charts, ratios) alone.
import { MINUS, NARROW, NONE } from './number'

const DECIMAL = /^([+-]?)(\d+)(?:\.(\d+))?$/

interface Decimal {
  negative: boolean
  whole: bigint
  fraction: string
}

function parse(text: string): Decimal | null {
  const m = DECIMAL.exec(text.trim())
  if (!m) return null
  return { negative: m[1] === '-', whole: BigInt(m[2] ?? '0'), fraction: m[3] ?? '' }
}

/** minorDigits is how many decimals a currency is written with; two for unknown codes. */
export function minorDigits(currency: string): number {
  try {
    return new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2
  } catch {
    return 2
  }
}

/** symbol is the short sign of a currency, or its code where it has none. */
export function symbol(currency: string): string {
  try {
    const parts = new Intl.NumberFormat('en', { style: 'currency', currency, currencyDisplay: 'narrowSymbol' })
    return parts.formatToParts(0).find((p) => p.type === 'currency')?.value ?? currency
  } catch {
    return currency
  }
}

/** money writes every digit of an amount: € 1,421,880.35. What is no decimal is shown as a dash. */
export function money(text: string, currency: string): string {
  const d = parse(text)
  if (!d) return NONE
  const digits = minorDigits(currency)
  const fraction = d.fraction.replace(/0+$/, '').padEnd(digits, '0')
  return assemble(d.negative, group(d.whole) + (fraction ? `.${fraction}` : ''), currency)
}

/** shortMoney fits a card: cents below ten thousand, whole units below a million, then € 1.42 M. */
export function shortMoney(text: string, currency: string): string {
  const d = parse(text)
  if (!d) return NONE
  if (d.whole >= 1_000_000n) return assemble(d.negative, shortened(d), currency)
  const digits = d.whole >= 10_000n ? 0 : minorDigits(currency)
  const r = round(d, digits)
  return assemble(d.negative, group(r.whole) + (r.fraction ? `.${r.fraction}` : ''), currency)
}

function shortened(d: Decimal): string {
  const billions = d.whole >= 1_000_000_000n
  const unit = billions ? 1_000_000_000n : 1_000_000n
  const hundredths = (d.whole * 100n + unit / 2n) / unit
  const fraction = (hundredths % 100n).toString().padStart(2, '0')
  return `${group(hundredths / 100n)}.${fraction}${NARROW}${billions ? 'B' : 'M'}`
}

// round is half up on the digits themselves.
function round(d: Decimal, digits: number): Decimal {
  if (d.fraction.length <= digits) return { ...d, fraction: d.fraction.padEnd(digits, '0') }
  const scale = 10n ** BigInt(digits)
  const kept = d.whole * scale + BigInt(d.fraction.slice(0, digits) || '0')
  const up = (d.fraction[digits] ?? '0') >= '5' ? kept + 1n : kept
  return {
    negative: d.negative,
    whole: up / scale,
    fraction: digits ? (up % scale).toString().padStart(digits, '0') : '',
  }
}

function group(whole: bigint): string {
  return whole.toString().replace(/\B(?=(\d{3})+$)/g, ',')
}

function assemble(negative: boolean, digits: string, currency: string): string {
  return `${negative ? MINUS : ''}${symbol(currency)}${NARROW}${digits}`
}
