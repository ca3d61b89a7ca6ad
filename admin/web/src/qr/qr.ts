// A QR code as a square of dark and light modules, made in the page: what it holds is a secret and
// goes to nobody who draws pictures.
import { codewords, versionFor } from './bits'

/** A square of modules, [y][x], true for dark, without the quiet zone around it. */
export type Modules = boolean[][]

/** qrModules encodes a text as UTF-8 at level M; null where it is too long. */
export function qrModules(text: string): Modules | null {
  const bytes = new TextEncoder().encode(text)
  const version = versionFor(bytes.length)
  if (version === null) return null
  const board = new Board(version)
  board.place(codewords(bytes, version))
  let best: Modules | null = null
  let least = Infinity
  for (let mask = 0; mask < MASKS.length; mask++) {
    const masked = board.masked(mask)
    const cost = penalty(masked)
    if (cost < least) [best, least] = [masked, cost]
  }
  return best
}

/** qrPath draws the dark modules as the d of an SVG path, a run of a row at a time. */
export function qrPath(modules: Modules): string {
  let d = ''
  modules.forEach((row, y) => {
    for (let x = 0; x < row.length; x++) {
      if (!row[x]) continue
      const from = x
      while (row[x + 1]) x++
      d += `M${from} ${y}h${x - from + 1}v1h-${x - from + 1}z`
    }
  })
  return d
}

const MASKS: readonly ((x: number, y: number) => boolean)[] = [
  (x, y) => (x + y) % 2 === 0,
  (_, y) => y % 2 === 0,
  (x) => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0,
  (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
]

class Board {
  private readonly size: number
  private readonly dark: Modules
  /** fixed modules are patterns that scanners look for; no mask touches them. */
  private readonly fixed: Modules

  constructor(private readonly version: number) {
    this.size = 4 * version + 17
    this.dark = square(this.size)
    this.fixed = square(this.size)
    this.drawPatterns()
  }

  private set(x: number, y: number, dark: boolean): void {
    if (x < 0 || y < 0 || x >= this.size || y >= this.size) return
    this.dark[y]![x] = dark
    this.fixed[y]![x] = true
  }

  private drawPatterns(): void {
    const { size } = this
    for (let i = 0; i < size; i++) {
      this.set(6, i, i % 2 === 0)
      this.set(i, 6, i % 2 === 0)
    }
    for (const [x, y] of [[3, 3], [size - 4, 3], [3, size - 4]] as const) this.rings(x, y, 4, [2, 4])
    const marks = marksOf(this.version)
    const last = marks.length - 1
    marks.forEach((x, i) =>
      marks.forEach((y, j) => {
        const corner = (i === 0 && j === 0) || (i === 0 && j === last) || (i === last && j === 0)
        if (!corner) this.rings(x, y, 2, [1])
      }),
    )
    this.drawFormat(0)
    this.drawVersion()
  }

  /** rings draws a square of a radius around a module; the given rings are light. */
  private rings(x: number, y: number, radius: number, light: number[]): void {
    for (let dy = -radius; dy <= radius; dy++) {
      for (let dx = -radius; dx <= radius; dx++) this.set(x + dx, y + dy, !light.includes(Math.max(Math.abs(dx), Math.abs(dy))))
    }
  }

  /** drawFormat writes level M, whose bits are 00, and the mask, twice. */
  private drawFormat(mask: number): void {
    const { size } = this
    const bits = ((mask << 10) | checked(mask, 10, 0x537)) ^ 0x5412
    const bit = (i: number) => ((bits >>> i) & 1) === 1
    for (let i = 0; i <= 5; i++) this.set(8, i, bit(i))
    this.set(8, 7, bit(6))
    this.set(8, 8, bit(7))
    this.set(7, 8, bit(8))
    for (let i = 9; i < 15; i++) this.set(14 - i, 8, bit(i))
    for (let i = 0; i < 8; i++) this.set(size - 1 - i, 8, bit(i))
    for (let i = 8; i < 15; i++) this.set(8, size - 15 + i, bit(i))
    this.set(8, size - 8, true)
  }

  private drawVersion(): void {
    if (this.version < 7) return
    const bits = (this.version << 12) | checked(this.version, 12, 0x1f25)
    for (let i = 0; i < 18; i++) {
      const a = this.size - 11 + (i % 3)
      const b = Math.floor(i / 3)
      this.set(a, b, ((bits >>> i) & 1) === 1)
      this.set(b, a, ((bits >>> i) & 1) === 1)
    }
  }

  /** place lays the codewords out in columns of two, up and down in turns, from the right. */
  place(words: number[]): void {
    let i = 0
    for (let right = this.size - 1; right >= 1; right -= 2) {
      if (right === 6) right = 5
      const up = ((right + 1) & 2) === 0
      for (let step = 0; step < this.size; step++) {
        const y = up ? this.size - 1 - step : step
        for (const x of [right, right - 1]) {
          if (this.fixed[y]![x] || i >= words.length * 8) continue
          this.dark[y]![x] = ((words[i >>> 3]! >>> (7 - (i & 7))) & 1) === 1
          i++
        }
      }
    }
  }

  masked(mask: number): Modules {
    this.drawFormat(mask)
    const flips = MASKS[mask]!
    return this.dark.map((row, y) => row.map((dark, x) => (this.fixed[y]![x] ? dark : dark !== flips(x, y))))
  }
}

const square = (size: number): Modules => Array.from({ length: size }, () => new Array<boolean>(size).fill(false))

/** checked is the remainder of a BCH code. */
function checked(value: number, bits: number, poly: number): number {
  let rest = value
  for (let i = 0; i < bits; i++) rest = (rest << 1) ^ ((rest >>> (bits - 1)) * poly)
  return rest
}

/** marksOf is where the small squares stand that keep large codes straight. */
function marksOf(version: number): number[] {
  if (version === 1) return []
  const count = Math.floor(version / 7) + 2
  const step = Math.ceil((version * 4 + 4) / (count * 2 - 2)) * 2
  const marks = [6]
  for (let at = version * 4 + 10; marks.length < count; at -= step) marks.splice(1, 0, at)
  return marks
}

const FINDERS = ['10111010000', '00001011101']

/** penalty measures by the standard's four rules how badly a code scans. */
function penalty(modules: Modules): number {
  const size = modules.length
  const rows = modules.map((row) => row.map((dark) => (dark ? '1' : '0')).join(''))
  const columns = modules.map((_, x) => modules.map((row) => (row[x] ? '1' : '0')).join(''))
  let cost = 0
  for (const line of [...rows, ...columns]) {
    for (const run of line.match(/0{5,}|1{5,}/g) ?? []) cost += run.length - 2
    for (const finder of FINDERS) for (let at = line.indexOf(finder); at >= 0; at = line.indexOf(finder, at + 1)) cost += 40
  }
  let dark = 0
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const here = modules[y]![x]
      if (here) dark++
      if (x > 0 && y > 0 && here === modules[y]![x - 1] && here === modules[y - 1]![x] && here === modules[y - 1]![x - 1]) cost += 3
    }
  }
  return cost + 10 * Math.floor(Math.abs((dark * 20) / (size * size) - 10))
}
