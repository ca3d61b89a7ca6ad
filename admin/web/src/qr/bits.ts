// What of a QR code depends on its size: how many codewords it has, how they are split into
// blocks, and the Reed-Solomon codewords that mend errors. Level M (mends about 15 %), byte mode.

/** LARGEST is the largest version made here: 997 bytes, more than any address of a second factor. */
export const LARGEST = 25

const CHECK_WORDS = [0, 10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26, 26, 28, 28, 28, 28]
const BLOCKS = [0, 1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16, 17, 17, 18, 20, 21]

/** allBits counts the modules that are free for codewords in a version. */
function allBits(version: number): number {
  let bits = (16 * version + 128) * version + 64
  if (version >= 2) {
    const marks = Math.floor(version / 7) + 2
    bits -= (25 * marks - 10) * marks - 55
    if (version >= 7) bits -= 36
  }
  return bits
}

const words = (version: number) => Math.floor(allBits(version) / 8)
const dataWords = (version: number) => words(version) - CHECK_WORDS[version]! * BLOCKS[version]!
const lengthBits = (version: number) => (version < 10 ? 8 : 16)

/** versionFor is the smallest version that holds so many bytes, or null. */
export function versionFor(bytes: number): number | null {
  for (let v = 1; v <= LARGEST; v++) {
    if (4 + lengthBits(v) + 8 * bytes <= 8 * dataWords(v)) return v
  }
  return null
}

/** codewords are all codewords of a version for some bytes, in the order in which they are drawn. */
export function codewords(bytes: Uint8Array, version: number): number[] {
  return interleave(fill(bytes, version), version)
}

/** fill writes mode, length and bytes, and pads to the size of the version. */
function fill(bytes: Uint8Array, version: number): number[] {
  const bits: number[] = []
  const add = (value: number, count: number) => {
    for (let i = count - 1; i >= 0; i--) bits.push((value >>> i) & 1)
  }
  const room = 8 * dataWords(version)
  add(0b0100, 4)
  add(bytes.length, lengthBits(version))
  for (const b of bytes) add(b, 8)
  add(0, Math.min(4, room - bits.length))
  add(0, (8 - (bits.length % 8)) % 8)
  for (let pad = 0xec; bits.length < room; pad ^= 0xec ^ 0x11) add(pad, 8)
  return Array.from({ length: room / 8 }, (_, i) => bits.slice(8 * i, 8 * i + 8).reduce((word, bit) => (word << 1) | bit, 0))
}

/** interleave splits data into blocks, adds each block's check words, and mixes the blocks. */
function interleave(data: number[], version: number): number[] {
  const count = BLOCKS[version]!
  const check = CHECK_WORDS[version]!
  const all = words(version)
  const short = Math.floor(all / count) - check
  const longFrom = count - (all % count)
  const divisor = generator(check)
  const blocks: { data: number[]; check: number[] }[] = []
  for (let i = 0, at = 0; i < count; i++) {
    const part = data.slice(at, (at += short + (i < longFrom ? 0 : 1)))
    blocks.push({ data: part, check: remainder(part, divisor) })
  }
  const out: number[] = []
  for (let i = 0; i <= short; i++) for (const b of blocks) if (i < b.data.length) out.push(b.data[i]!)
  for (let i = 0; i < check; i++) for (const b of blocks) out.push(b.check[i]!)
  return out
}

/** multiply is the product in GF(256) over x⁸ + x⁴ + x³ + x² + 1. */
function multiply(a: number, b: number): number {
  let product = 0
  for (let i = 7; i >= 0; i--) {
    product = (product << 1) ^ ((product >>> 7) * 0x11d)
    product ^= ((b >>> i) & 1) * a
  }
  return product
}

/** generator is the polynomial with so many roots, highest power first, its leading 1 left out. */
function generator(degree: number): number[] {
  const poly = [...new Array<number>(degree - 1).fill(0), 1]
  for (let i = 0, root = 1; i < degree; i++, root = multiply(root, 2)) {
    for (let j = 0; j < degree; j++) poly[j] = multiply(poly[j]!, root) ^ (poly[j + 1] ?? 0)
  }
  return poly
}

function remainder(data: number[], divisor: number[]): number[] {
  const rest = new Array<number>(divisor.length).fill(0)
  for (const word of data) {
    const factor = word ^ rest.shift()!
    rest.push(0)
    divisor.forEach((d, i) => (rest[i] = rest[i]! ^ multiply(d, factor)))
  }
  return rest
}
