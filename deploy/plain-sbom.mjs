// Takes what differs from run to run and from machine to machine out of a CycloneDX file: the same locks
// give the same bytes. Reads stdin, writes stdout.
import { readFileSync } from 'node:fs'

const bom = JSON.parse(readFileSync(0, 'utf8'))
delete bom.serialNumber
delete bom.metadata.timestamp
const tools = bom.metadata.tools
for (const tool of Array.isArray(tools) ? tools : (tools?.components ?? [])) delete tool.hashes // of a binary that was built here
process.stdout.write(JSON.stringify(bom, null, 2) + '\n')
