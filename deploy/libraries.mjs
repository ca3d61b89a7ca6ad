// Says which libraries that the product names itself have had a newer release for longer than docs/security.md
// promises, and ends with 1 if there is one. Asks the registries through go and npm. Libraries that are
// held on purpose stand in held-libraries.json, each with its reason and the version up to which it is.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const promisedDays = 90
const packages = ['engines', 'admin/web', 'collector/tracker', 'e2e/browser']
const held = JSON.parse(readFileSync(new URL('held-libraries.json', import.meta.url), 'utf8'))

/** ask runs a program and returns what it prints; npm outdated ends with 1 where it found something. */
function ask(dir, command, ...args) {
  const { stdout, stderr, status, error } = spawnSync(command, args, { cwd: dir, encoding: 'utf8', maxBuffer: 256 << 20 })
  if (error || (status !== 0 && stdout.trim() === '')) throw new Error(`${command} ${args.join(' ')}: ${error ?? stderr}`)
  return stdout
}

/** objects reads JSON objects that stand one after the other, as go prints them. */
const objects = (text) => JSON.parse(`[${text.trim().replaceAll(/^}\n{/gm, '},{')}]`)

/** order compares versions without a pre-release by their numbers. */
function order(a, b) {
  const numbers = (v) => v.replace(/^v/, '').split(/[-+]/)[0].split('.').map(Number)
  const [left, right] = [numbers(a), numbers(b)]
  return left[0] - right[0] || left[1] - right[1] || left[2] - right[2]
}

/** first is the first release of a library after a version, below the one where it is held. */
const first = (name, version, releases) =>
  releases
    .filter((r) => !r.version.includes('-') && order(r.version, version) > 0 && !(held[name] && order(r.version, held[name].below) >= 0))
    .sort((a, b) => order(a.version, b.version))[0]

function* ofGo() {
  const named = JSON.parse(ask('.', 'go', 'mod', 'edit', '-json')).Require.filter((m) => !m.Indirect).map((m) => m.Path)
  for (const m of objects(ask('.', 'go', 'list', '-m', '-u', '-json', ...named)).filter((m) => m.Update)) {
    const [{ Versions: versions = [] }] = objects(ask('.', 'go', 'list', '-m', '-versions', '-json', m.Path))
    const next = first(m.Path, m.Version, versions.map((version) => ({ version })))?.version ?? (held[m.Path] ? undefined : m.Update.Version)
    if (!next) continue
    const [{ Time: time }] = objects(ask('.', 'go', 'list', '-m', '-json', `${m.Path}@${next}`))
    yield { name: m.Path, version: m.Version, next, time }
  }
}

function* ofNpm(dir) {
  for (const [name, found] of Object.entries(JSON.parse(ask(dir, 'npm', 'outdated', '--json') || '{}'))) {
    if (!found.current || order(found.latest, found.current) <= 0) continue
    const times = JSON.parse(ask(dir, 'npm', 'view', name, 'time', '--json'))
    const releases = Object.entries(times).filter(([v]) => /^\d/.test(v)).map(([version, time]) => ({ version, time }))
    const next = first(name, found.current, releases)
    if (next) yield { name: `${dir}: ${name}`, version: found.current, next: next.version, time: next.time }
  }
}

let late = 0
for (const library of [...ofGo(), ...packages.flatMap((dir) => [...ofNpm(dir)])]) {
  const days = Math.floor((Date.now() - Date.parse(library.time)) / 86_400_000)
  if (days > promisedDays) late++
  console.log(`${days > promisedDays ? 'LATE' : 'soon'}  ${library.name} ${library.version}: ${library.next} is ${days} days old`)
}
console.log(late === 0 ? `No library is older than the ${promisedDays} days that are promised.` : `${late} older than the ${promisedDays} days that are promised.`)
process.exitCode = late === 0 ? 0 : 1
