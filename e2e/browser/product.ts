// The whole product as a newcomer starts it: `noctra up --demo` on data of its own. What it tells
// is read from ready.json, as programs outside do.
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

const BINARY = resolve(process.env['NOCTRA_BINARY'] ?? '../../noctra')
const START_LIMIT_MS = 180_000
const STOP_LIMIT_MS = 60_000

interface Ready {
  admin_url: string
  collector_url: string
  shop_url: string
  pids: Record<string, number>
  fakes: Record<string, string>
  demo: { site_id: string; site_key: string; server_key: string; api_key: string; sign_in_url: string; hostname: string; currency: string }
}

export interface Options {
  /** adminHost is under which name of this machine the dashboard is reached. */
  adminHost?: string
}

export class Product {
  ready!: Ready
  private output = ''

  private constructor(
    private readonly data: string,
    private readonly child: ChildProcess,
  ) {
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text: Buffer) => (this.output += text.toString()))
  }

  /** start brings the product up without traffic of its own, so that every event is the test's. */
  static async start({ adminHost = '127.0.0.1' }: Options = {}): Promise<Product> {
    const data = await mkdtemp(join(tmpdir(), 'noctra-e2e-'))
    const flags = ['--data', data]
    flags.push('--admin-addr', (await freeAddress()).replace('127.0.0.1', adminHost))
    for (const flag of ['--collector-addr', '--shop-addr']) flags.push(flag, await freeAddress())
    const env = { ...process.env, NOCTRA_DEMO_TRAFFIC: 'off', NOCTRA_ENGINES_DIR: resolve('../../engines') }
    const product = new Product(data, spawn(BINARY, ['up', '--demo', ...flags], { env, stdio: ['ignore', 'pipe', 'pipe'] }))
    await product.until('ready.json', START_LIMIT_MS, async () => {
      product.ready = JSON.parse(await readFile(join(data, 'ready.json'), 'utf8')) as Ready
      return true
    })
    return product
  }

  /** stop ends it as an operator would, and removes its data. */
  async stop(): Promise<void> {
    const ended = new Promise((done) => this.child.once('exit', done))
    if (this.child.exitCode === null) {
      this.child.kill('SIGTERM')
      await Promise.race([ended, pause(STOP_LIMIT_MS).then(() => this.child.kill('SIGKILL'))])
    }
    await rm(this.data, { recursive: true, force: true })
  }

  /** signal reaches one of the processes: SIGSTOP and SIGCONT freeze it and let it go on. */
  signal(name: string, signal: NodeJS.Signals): void {
    process.kill(this.ready.pids[name]!, signal)
  }

  /** send posts events with the server key, and returns how many were accepted. */
  async send(events: object[]): Promise<number> {
    const answer = await fetch(`${this.ready.collector_url}/v1/events`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${this.ready.demo.server_key}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ events }),
    })
    const body = (await answer.json()) as { accepted: number; rejected: object[] }
    if (body.rejected.length > 0) throw new Error(`refused: ${JSON.stringify(body.rejected)}`)
    return body.accepted
  }

  /** report asks the reports API with the API key for metrics of all days, ungrouped. */
  async report(metrics: string[]): Promise<unknown[]> {
    const answer = await fetch(`${this.ready.admin_url}/api/v1/query`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${this.ready.demo.api_key}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ site_id: this.ready.demo.site_id, metrics, date_range: 'all' }),
    })
    if (!answer.ok) throw new Error(`query answered ${answer.status}: ${await answer.text()}`)
    return ((await answer.json()) as { results: { metrics: unknown[] }[] }).results[0]!.metrics
  }

  private async lastLines(): Promise<string> {
    const folder = join(this.data, 'logs')
    const tails = (await readdir(folder)).map(async (name) => {
      const lines = (await readFile(join(folder, name), 'utf8')).trimEnd().split('\n')
      return `${name}:\n${lines.slice(-LOG_LINES).join('\n')}`
    })
    return (await Promise.all(tails)).join('\n')
  }

  /** until asks again until check says yes; a check that throws has not said it. */
  async until(what: string, limit: number, check: () => Promise<boolean>): Promise<void> {
    const end = Date.now() + limit
    let last: unknown = 'it said no'
    for (;;) {
      if (this.child.exitCode !== null) throw new Error(`noctra up ended with ${this.child.exitCode}:\n${this.output}`)
      try {
        if (await check()) return
        last = 'it said no'
      } catch (cause) {
        last = cause
      }
      if (Date.now() > end) throw new Error(`${what}: not within ${limit} ms: ${String(last)}\n${this.output}\n${await this.lastLines()}`)
      await pause(50)
    }
  }
}

/** LOG_LINES are shown of each process when something was waited for in vain. */
const LOG_LINES = 8

/** freeAddress is one that nobody listens on, below those that the system gives to others meanwhile. */
async function freeAddress(): Promise<string> {
  for (;;) {
    const port = 9000 + Math.floor(Math.random() * 1000)
    const server = createServer()
    const free = await new Promise<boolean>((done) => server.once('error', () => done(false)).listen(port, '127.0.0.1', () => done(true)))
    if (free) await new Promise((done) => server.close(done))
    if (!free || given.has(port)) continue
    given.add(port)
    return `127.0.0.1:${port}`
  }
}

const given = new Set<number>()
