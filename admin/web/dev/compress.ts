import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Plugin } from 'vite'

const compressible = /\.(js|css|html|svg|json|txt)$/

// compressAssets writes a .gz and a .br beside every text file of the build, so that the
// server hands out ready bytes and never compresses a request's answer itself.
export function compressAssets(): Plugin {
  let outDir = ''
  return {
    name: 'noctra-compress-assets',
    apply: 'build',
    configResolved: (config) => {
      outDir = join(config.root, config.build.outDir)
    },
    closeBundle: () => {
      for (const entry of readdirSync(outDir, { recursive: true, encoding: 'utf8' })) {
        if (!compressible.test(entry)) continue
        const path = join(outDir, entry)
        const bytes = readFileSync(path)
        writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }))
        writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }))
      }
    },
  }
}
