// A strict stand-in for the collector: serves the script that the source makes, takes events by
// the contract, and fails where it is told to. Anything against the contract ends the test.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { bundle } from '../build.mjs'

export const SITE = 'nst_0123456789abcdefghij'

export interface Received {
  id: string
  type: string
  name?: string
  url: string
  referrer: string
  title: string
  occurred_at: number
  sent_at: number
  visitor_id?: string
  consent?: Record<string, string>
  props?: Record<string, string>
  [field: string]: unknown
}

/** Answer is what a request for events gets: a status, or nothing at all. */
export type Answer = { status: number; retryAfter?: string } | 'hang' | 'cut'

const FIELDS = new Set(
  ('id type name url referrer title screen language time_zone props occurred_at sent_at visitor_id user_id ' +
    'order_id amount currency items consent gclid').split(' '),
)
const UUID7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

export class Collector {
  /** requests holds the events of every request that came, whatever its answer. */
  requests: { events: Received[]; beacon: boolean; answer: Answer }[] = []
  /** answers are used up one by one; then every request is accepted. */
  answers: Answer[] = []
  violations: string[] = []
  origin = ''
  private waiting = new Set<() => void>()
  private held = new Set<ServerResponse>()

  private constructor(private server: Server) {}

  static async start(): Promise<Collector> {
    const code = await bundle()
    const server = createServer()
    const collector = new Collector(server)
    server.on('request', (request, response) => void collector.serve(request, response, code))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    collector.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    return collector
  }

  reset(): void {
    this.requests = []
    this.answers = []
    this.violations = []
    for (const response of this.held) response.destroy()
    this.held.clear()
  }

  async stop(): Promise<void> {
    this.reset()
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
  }

  /** accepted are the events that got a 202, once each, in the order in which they happened. */
  get accepted(): Received[] {
    const events = new Map<string, Received>()
    for (const { events: sent, answer } of this.requests)
      if (answer !== 'hang' && answer !== 'cut' && answer.status === 202) for (const event of sent) events.set(event.id, event)
    return [...events.values()]
  }

  /** until waits for what holds; the reason for a failure is what came instead. */
  async until(what: string, holds: () => boolean, deadline = 60_000): Promise<void> {
    const end = Date.now() + deadline
    while (!holds()) {
      const left = end - Date.now()
      if (left <= 0) throw new Error(`waited in vain for ${what}; came: ${JSON.stringify(this.requests, null, 1)}`)
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          clearTimeout(timer)
          this.waiting.delete(wake)
          resolve()
        }
        const timer = setTimeout(wake, left)
        this.waiting.add(wake)
      })
    }
  }

  /** named waits for an accepted event of that type or name. */
  async named(name: string, deadline?: number): Promise<Received> {
    const match = (event: Received): boolean => event.name === name || event.type === name
    await this.until(name, () => this.accepted.some(match), deadline)
    return this.accepted.find(match)!
  }

  private async serve(request: IncomingMessage, response: ServerResponse, code: string): Promise<void> {
    const address = new URL(request.url!, this.origin)
    if (address.pathname === '/n.js') {
      response.setHeader('content-type', 'text/javascript')
      response.end(code)
      return
    }
    let body = ''
    for await (const chunk of request) body += chunk
    const events = this.check(request, address, body)
    const answer = this.answers.shift() ?? { status: 202 }
    this.requests.push({ events, beacon: request.headers['sec-fetch-mode'] === 'no-cors', answer })
    this.answer(response, answer, events.length)
    for (const wake of [...this.waiting]) wake()
  }

  private answer(response: ServerResponse, answer: Answer, count: number): void {
    if (answer === 'cut') return void response.destroy()
    if (answer === 'hang') return void this.held.add(response)
    response.statusCode = answer.status
    response.setHeader('access-control-allow-origin', '*')
    response.setHeader('access-control-expose-headers', 'retry-after')
    if (answer.retryAfter) response.setHeader('retry-after', answer.retryAfter)
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ accepted: answer.status === 202 ? count : 0, rejected: [] }))
  }

  private check(request: IncomingMessage, address: URL, body: string): Received[] {
    const expect = (holds: unknown, what: string): void => {
      if (!holds) this.violations.push(`${what}: ${request.method} ${request.url} ${body}`)
    }
    expect(request.method === 'POST', 'method') // also: no preflight
    expect(address.pathname === '/v1/events' && address.searchParams.get('site') === SITE, 'address')
    expect(/^text\/plain\b/.test(request.headers['content-type'] ?? ''), 'content type')
    expect(!request.headers.cookie, 'cookie')
    const { events, ...rest } = JSON.parse(body || '{}') as { events: Received[] }
    expect(Object.keys(rest).length === 0 && events.length > 0 && events.length <= 20, 'batch')
    const now = Date.now()
    for (const event of events) {
      for (const field of Object.keys(event)) expect(FIELDS.has(field) && event[field] !== null, `field ${field}`)
      expect(UUID7.test(event.id), 'id')
      expect(parseInt(event.id.slice(0, 8) + event.id.slice(9, 13), 16) <= event.occurred_at + 1, 'time in the id')
      expect(Number.isInteger(event.occurred_at) && event.occurred_at <= event.sent_at, 'times')
      expect(Math.abs(event.sent_at - now) < 3_600_000, 'clock')
      for (const value of Object.values(event.props ?? {})) expect(typeof value === 'string', 'props')
    }
    return events
  }
}
