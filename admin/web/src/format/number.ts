// Numbers as the pages show them: English grouping, a narrow no-break space before units.

export const NARROW = '\u202f'
export const MINUS = '\u2212'
export const NONE = '–'

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })

/** count writes a whole number with grouping: 812,406. */
export function count(n: number): string {
  return withMinus(whole.format(Math.round(n)))
}

/** counted writes a number with its noun: 1 visitor, 12 visitors. */
export function counted(n: number, noun: string): string {
  return `${count(n)} ${noun}${n === 1 ? '' : 's'}`
}

/** shortCount keeps all digits below ten million and shortens what is longer: 12.4 M. */
export function shortCount(n: number): string {
  return Math.abs(n) < 10_000_000 ? count(n) : scaled(n, NARROW)
}

/** tick writes an axis label: 0, 500, 40k, 1.5M. */
export function tick(n: number): string {
  return Math.abs(n) < 1000 ? withMinus(trim(n, 1)) : scaled(n, '').replace('K', 'k')
}

function scaled(n: number, space: string): string {
  const steps: [number, string][] = [
    [1e9, 'B'],
    [1e6, 'M'],
    [1e3, 'K'],
  ]
  for (const [size, unit] of steps) {
    if (Math.abs(n) >= size) return withMinus(`${trim(n / size, Math.abs(n) >= 100 * size ? 0 : 2)}${space}${unit}`)
  }
  return count(n)
}

function trim(n: number, digits: number): string {
  return n.toLocaleString('en', { maximumFractionDigits: digits })
}

/** percent writes a value that is a percentage already: 41.2 %, below ten with two digits. */
export function percent(n: number, digits = Math.abs(n) < 10 && n !== 0 ? 2 : 1): string {
  return withMinus(`${n.toFixed(digits)}${NARROW}%`)
}

/** share writes part of whole as a percentage; a whole of zero has no share. */
export function share(part: number, all: number): string {
  if (all <= 0) return NONE
  const p = (part / all) * 100
  return p > 0 && p < 0.1 ? `< 0.1${NARROW}%` : percent(p, 1)
}

/** duration writes seconds as 41 s, 2 m 41 s or 1 h 02 m. */
export function duration(seconds: number): string {
  const s = Math.round(seconds)
  if (s < 60) return `${s}${NARROW}s`
  if (s < 3600) return `${Math.floor(s / 60)}${NARROW}m ${two(s % 60)}${NARROW}s`
  return `${Math.floor(s / 3600)}${NARROW}h ${two(Math.floor((s % 3600) / 60))}${NARROW}m`
}

/** durationTick writes an axis label for seconds: 30s, 2m, 1.5h. */
export function durationTick(seconds: number): string {
  if (seconds < 60) return seconds === 0 ? '0' : `${trim(seconds, 0)}s`
  return seconds < 3600 ? `${trim(seconds / 60, 1)}m` : `${trim(seconds / 3600, 1)}h`
}

/** ago writes how long something is past, coarsely: 4 s, 12 min, 3 h, 2 days. */
export function ago(ms: number): string {
  const s = Math.max(0, Math.round(ms / 1000))
  if (s < 90) return `${s}${NARROW}s`
  if (s < 5400) return `${Math.round(s / 60)}${NARROW}min`
  if (s < 129_600) return `${Math.round(s / 3600)}${NARROW}h`
  return `${Math.round(s / 86_400)}${NARROW}days`
}

/** bytes writes a size in steps of a thousand: 812 B, 1.05 MB. */
export function bytes(n: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  const step = n < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(n) / 3))
  const value = n / 1000 ** step
  return `${trim(value, value < 10 && step > 0 ? 2 : value < 100 && step > 0 ? 1 : 0)}${NARROW}${units[step]}`
}

function two(n: number): string {
  return n.toString().padStart(2, '0')
}

function withMinus(s: string): string {
  return s.replace('-', MINUS)
}
