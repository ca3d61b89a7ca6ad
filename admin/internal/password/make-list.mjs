// Makes common.txt.gz out of the list of @zxcvbn-ts/language-common, in the folder that is named.
import { readFileSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const from = process.argv[2]
const words = JSON.parse(readFileSync(`${from}/src/passwords.json`, 'utf8'))
const kept = new Set(words.map((w) => w.normalize('NFKC').toLowerCase()).filter((w) => [...w].length >= 4 && !/\s/.test(w)))
const sorted = [...kept].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
const here = new URL('.', import.meta.url).pathname
writeFileSync(`${here}common.txt.gz`, gzipSync(sorted.join('\n') + '\n', { level: 9 }))
const licence = readFileSync(`${from}/LICENSE.txt`, 'utf8')
writeFileSync(`${here}common-LICENSE.txt`, `common.txt.gz is the list of common and breached passwords of @zxcvbn-ts/language-common,\nmade by make-list.mjs.\n\n${licence}`)
console.log(`${sorted.length} passwords`)
