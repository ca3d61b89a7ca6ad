import jsQR from 'jsqr'
import { describe, expect, test } from 'vitest'
import { LARGEST, versionFor } from './bits'
import { qrModules, qrPath, type Modules } from './qr'

/** read scans a code with a decoder that shares nothing with the encoder. */
function read(modules: Modules): string | undefined {
  const scale = 3
  const quiet = 4
  const side = (modules.length + 2 * quiet) * scale
  const pixels = new Uint8ClampedArray(side * side * 4).fill(255)
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      if (!modules[Math.floor(y / scale) - quiet]?.[Math.floor(x / scale) - quiet]) continue
      pixels.fill(0, 4 * (y * side + x), 4 * (y * side + x) + 3)
    }
  }
  return jsQR(pixels, side, side)?.data
}

const uri = 'otpauth://totp/Noctra:mara@acme.example?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Noctra'

describe('a QR code', () => {
  test.each(['a', uri, 'zwölf Wörter – 漢字', `otpauth://totp/Noctra:${'m'.repeat(64)}%40${'x'.repeat(180)}.example?secret=A`])('of %s is read back', (text) => {
    expect(read(qrModules(text)!)).toBe(text)
  })
  test('of every size is read back', { timeout: 60_000 }, () => {
    const sizes = new Set<number>()
    for (let version = 1, length = 1; version <= LARGEST && length <= 997; length++) {
      if (versionFor(length) !== version) continue
      const text = Array.from({ length }, (_, i) => String.fromCharCode(33 + ((i * 31 + length) % 90))).join('')
      const modules = qrModules(text)!
      sizes.add(modules.length)
      expect(read(modules)).toBe(text)
      version++
    }
    expect(sizes.size).toBe(LARGEST)
  })
  test('that would be too large is none', () => {
    expect(qrModules('x'.repeat(997))).not.toBeNull()
    expect(qrModules('x'.repeat(998))).toBeNull()
  })
  test('is drawn as runs', () => {
    expect(qrPath([[true, true, false, true], [false, false, false, false], [false, true, true, true], [true, false, false, false]])).toBe(
      'M0 0h2v1h-2zM3 0h1v1h-1zM1 2h3v1h-3zM0 3h1v1h-1z',
    )
  })
})
