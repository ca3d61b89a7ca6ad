// Builds the tracker and freezes it: versions/n-<version>.js, with its compressed forms and an
// entry in versions/index.json. A frozen file never changes; new code needs a new version.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import esbuild from 'esbuild'
import { minify } from 'terser'

const here = new URL('.', import.meta.url)
const { version } = JSON.parse(readFileSync(new URL('package.json', here), 'utf8'))

/** bundle returns the script as one line of classic JavaScript. */
export async function bundle() {
  const { outputFiles } = await esbuild.build({
    absWorkingDir: here.pathname,
    entryPoints: ['src/n.ts'],
    bundle: true,
    format: 'iife',
    target: 'es2020',
    minify: true,
    legalComments: 'none',
    tsconfigRaw: '{}',
    write: false,
  })
  const plain = outputFiles[0].text.trim() + '\n'
  const { code } = await minify(plain, {
    ecma: 2020,
    compress: { passes: 3, unsafe_arrows: true, inline: 1, pure_getters: true },
    mangle: { toplevel: true },
    format: { comments: false },
  })
  const tight = code + '\n'
  return gzip(tight).length <= gzip(plain).length ? tight : plain
}

export const gzip = (text) => gzipSync(text, { level: 9 })
export const integrity = (text) => 'sha384-' + createHash('sha384').update(text).digest('base64')

function freeze(code) {
  const file = `n-${version}.js`
  const path = new URL(`versions/${file}`, here)
  const indexPath = new URL('versions/index.json', here)
  if (existsSync(path)) {
    if (readFileSync(path, 'utf8') === code) return `${file} is as it was frozen`
    throw new Error(`${file} is frozen and differs from what the source makes now: raise the version in package.json`)
  }
  const zipped = gzip(code)
  writeFileSync(path, code)
  writeFileSync(new URL(file + '.gz', path), zipped)
  writeFileSync(new URL(file + '.br', path), brotliCompressSync(code, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }))
  const index = existsSync(indexPath) ? JSON.parse(readFileSync(indexPath, 'utf8')) : []
  index.push({ version, file, integrity: integrity(code), bytes: Buffer.byteLength(code), gzip: zipped.length })
  writeFileSync(indexPath, JSON.stringify(index, null, 2) + '\n')
  return `${file} frozen: ${Buffer.byteLength(code)} bytes, ${zipped.length} gzipped`
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const code = await bundle()
  console.log(process.argv.includes('--size') ? `${code.length} bytes, ${gzip(code).length} gzipped` : freeze(code))
}
