// Frozen files: what pages pin with an integrity hash must never change.
import { readdirSync, readFileSync } from 'node:fs'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { bundle, gzip, integrity } from '../build.mjs'

interface Frozen {
  version: string
  file: string
  integrity: string
  bytes: number
  gzip: number
}

const LIMIT = 2500 // bytes, gzip -9
const versions = new URL('../versions/', import.meta.url)
const index = JSON.parse(readFileSync(new URL('index.json', versions), 'utf8')) as Frozen[]
const read = (file: string) => readFileSync(new URL(file, versions))

test('the newest frozen file is what the source makes, byte for byte', async () => {
  const newest = index.at(-1)!
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as Frozen
  expect(newest.version).toBe(version)
  expect(read(newest.file).toString()).toBe(await bundle())
})

test.each(index)('version $version is as it was frozen, and small', (frozen) => {
  const code = read(frozen.file)
  expect(integrity(code)).toBe(frozen.integrity)
  expect(code.length).toBe(frozen.bytes)
  expect(gzip(code).length).toBeLessThanOrEqual(LIMIT)
  expect(read(frozen.file + '.gz').length).toBe(frozen.gzip)
  expect(gunzipSync(read(frozen.file + '.gz')).equals(code)).toBe(true)
  expect(brotliDecompressSync(read(frozen.file + '.br')).equals(code)).toBe(true)
})

test('the index names every file and no version twice', () => {
  expect(readdirSync(versions).sort()).toEqual([...index.flatMap((f) => [f.file, f.file + '.br', f.file + '.gz']), 'index.json'].sort())
  expect(new Set(index.map((f) => f.version)).size).toBe(index.length)
})

test('no eval, no inline code, nothing from elsewhere', () => {
  const code = read(index.at(-1)!.file).toString()
  expect(code).not.toMatch(/\beval\b|Function\(|innerHTML|document\.write|https?:\/\/|preventDefault|document\.cookie|sessionStorage/)
})
