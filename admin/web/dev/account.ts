// The stand-in for people's own logins: one person, whose mistakes are made by what is typed.
// many@… is told to wait, two@… has a second step, links begin with what is wrong with them.
import { MockCopies } from './privacyMock'

export interface Answer {
  status: number
  body?: unknown
  headers?: Record<string, string>
  /** enters says that whoever asked is signed in now. */
  enters?: boolean
}

type Body = Record<string, unknown>

/** PASSWORD is the one that is right, CODE the one that the app shows. */
export const PASSWORD = 'vier Worte am Stück'
export const CODE = '492039'
export const RECOVERY_CODES = Array.from({ length: 10 }, (_, i) => `ABCD-EF${'GHIJKLMNOP'[i]}H-IJKL-MN${'QRSTUVWXYZ'[i]}P`)

const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'
const DAY_MS = 86_400_000

const ok: Answer = { status: 204 }
export const fault = (status: number, code: string, detail: string, ...paths: string[]): Answer => ({
  status,
  body: { code, detail, errors: paths.map((path) => ({ path, message: detail })) },
})
export const wait = (seconds: number): Answer => ({ ...fault(429, 'too_many_attempts', 'Too many attempts; wait a little before the next.'), headers: { 'Retry-After': String(seconds) } })
const entered: Answer = { status: 200, body: { next: 'done' }, enters: true }

const weak = (path: string, password: unknown) =>
  String(password).length < 12 ? fault(422, 'invalid_request', 'A password has at least 12 characters; a few words in a row do.', path) : null
const unproved = ({ password }: Body) => (password === PASSWORD ? null : fault(422, 'wrong_password', 'This is not your password.', 'password'))
const miscoded = (b: Body) =>
  b['code'] === CODE || RECOVERY_CODES.includes(String(b['recovery_code']))
    ? null
    : 'code' in b
      ? fault(422, 'wrong_code', 'This code is wrong, or was used already; wait for the next.', 'code')
      : fault(422, 'wrong_code', 'This recovery code is wrong, or was used already.', 'recovery_code')

function deadLink(token: unknown): Answer | null {
  const kind = String(token).split('-')[0]
  if (kind === 'used') return fault(410, 'link_used', 'This link was used already.')
  if (kind === 'expired') return fault(410, 'link_expired', 'This link has expired; ask for another.')
  return kind === 'good' ? null : fault(404, 'link_invalid', 'This link is not known.')
}

/** look says what an invitation is about: links of other- are for somebody else. */
export function look({ token }: { token: string }): Answer {
  const other = token.startsWith('other-')
  return (other ? null : deadLink(token)) ?? { status: 200, body: { workspace: 'Acme Media', email: other ? 'jon@acme.example' : 'mara@acme.example', role: 'campaign_manager' } }
}

/** signedOutRoutes are what anybody may ask. */
const signedOutRoutes: Record<string, (b: Body) => Answer> = {
  'POST /sign-up': (b) => (String(b['email']).startsWith('many@') ? wait(95) : (weak('password', b['password']) ?? { status: 202, body: {} })),
  'POST /verify-email': (b) => deadLink(b['token']) ?? unproved(b) ?? entered,
  'POST /forgot-password': (b) => (String(b['email']).includes('@') ? { status: 202, body: {} } : fault(422, 'invalid_request', `"${String(b['email'])}" is no e-mail address.`, 'email')),
  'POST /reset-password': (b) => deadLink(b['token']) ?? weak('password', b['password']) ?? ok,
  'POST /sign-in': (b) => {
    if (String(b['email']).startsWith('many@')) return wait(95)
    if (b['password'] !== PASSWORD) return fault(401, 'wrong_credentials', 'E-mail address or password is wrong.')
    return String(b['email']).startsWith('two@') ? { status: 200, body: { next: 'second_factor', ceremony: 'c' } } : entered
  },
  'POST /sign-in/second-factor': (b) => (b['code'] === '000000' ? fault(410, 'ceremony_over', 'This took too long, or was done already; sign in again.') : (miscoded(b) ?? entered)),
}

export class MockAccount {
  private account: Body
  private sessions: Body[]
  private passkeys: Body[]
  private readonly copies: MockCopies

  constructor(private readonly now: () => Date) {
    this.copies = new MockCopies(now, false)
    const before = (ms: number) => new Date(now().getTime() - ms).toISOString()
    this.account = { name: 'Mara Lindt', email: 'mara@acme.example', created_at: before(300 * DAY_MS), has_password: true, password_changed_at: before(40 * DAY_MS), totp: false, recovery_codes_left: 0, passkeys: 1 }
    this.passkeys = [{ id: '3', name: 'Laptop', created_at: before(20 * DAY_MS), last_used_at: before(3_600_000) }]
    const agent = (system: string, browser: string) => `Mozilla/5.0 (${system}) AppleWebKit/537.36 (KHTML, like Gecko) ${browser}`
    this.sessions = [
      { id: '16', current: false, method: 'totp', address: '2001:db8:85a3::8a2e:370:7334', user_agent: agent('iPhone; CPU iPhone OS 18_4 like Mac OS X', 'Version/18.4 Safari/604.1'), created_at: before(4 * DAY_MS), last_seen_at: before(25 * 60_000) },
      { id: '17', current: true, method: 'password', address: '203.0.113.7', user_agent: agent('Windows NT 10.0; Win64; x64', 'Chrome/141.0 Safari/537.36'), created_at: before(DAY_MS), last_seen_at: before(0) },
      { id: '9', current: false, method: 'passkey', address: '198.51.100.24', user_agent: agent('X11; Linux x86_64', 'Firefox/143.0'), created_at: before(12 * DAY_MS), last_seen_at: before(5 * DAY_MS) },
    ]
  }

  /** leave puts the account where most has to be said: leaving, a new address, few codes left. */
  leave(): void {
    const after = new Date(this.now().getTime() + 5 * DAY_MS).toISOString()
    this.account = { ...this.account, pending_email: 'mara.lindt@new.example', totp: true, recovery_codes_left: 2, delete_after: after }
  }

  get deleteAfter(): unknown {
    return this.account['delete_after']
  }

  /** anybody answers what needs no sign-in; null for everything else. */
  anybody(method: string, path: string, body: Body): Answer | null {
    return signedOutRoutes[`${method} ${path}`]?.(body) ?? null
  }

  /** own answers for whoever is signed in. */
  own(method: string, path: string, body: Body): Answer {
    const change = (values: Body): Answer => {
      this.account = { ...this.account, ...values }
      return ok
    }
    const codes = (): Answer => {
      change({ totp: true, recovery_codes_left: 10 })
      return { status: 200, body: { recovery_codes: RECOVERY_CODES } }
    }
    const id = /^\/(?:sessions|passkeys)\/(\d+)(?:\/(?:end|remove))?$/.exec(path)?.[1]
    const routes: Record<string, () => Answer> = {
      'GET ': () => ({ status: 200, body: this.account }),
      'GET /sessions': () => ({ status: 200, body: { sessions: this.sessions } }),
      'GET /passkeys': () => ({ status: 200, body: { passkeys: this.passkeys } }),
      'PATCH ': () => change({ name: body['name'] }),
      'POST /password': () => unproved(body) ?? weak('new_password', body['new_password']) ?? change({ has_password: true, password_changed_at: this.now().toISOString() }),
      'POST /email': () => unproved(body) ?? change({ pending_email: body['email'] }),
      'DELETE /email': () => change({ pending_email: undefined }),
      'POST /email/confirm': () => deadLink(body['token']) ?? change({ email: this.account['pending_email'] ?? this.account['email'], pending_email: undefined }),
      'POST /totp': () => unproved(body) ?? { status: 200, body: { secret: SECRET, uri: `otpauth://totp/Noctra:mara@acme.example?secret=${SECRET}&issuer=Noctra` } },
      'POST /totp/confirm': () => miscoded(body) ?? codes(),
      'POST /totp/remove': () => unproved(body) ?? miscoded(body) ?? change({ totp: false }),
      'POST /recovery-codes': () => unproved(body) ?? codes(),
      'POST /delete': () => unproved(body) ?? change({ delete_after: new Date(this.now().getTime() + 7 * DAY_MS).toISOString() }),
      'POST /keep': () => change({ delete_after: undefined }),
      'POST /sessions/end-others': () => unproved(body) ?? this.end((s) => s['current'] === true),
      [`POST /sessions/${id}/end`]: () => unproved(body) ?? this.end((s) => s['id'] !== id),
      [`POST /passkeys/${id}/remove`]: () => {
        const refused = unproved(body)
        if (!refused) this.passkeys = this.passkeys.filter((p) => p['id'] !== id)
        return refused ?? ok
      },
    }
    return this.copies.answer(method, path) ?? routes[`${method} ${path}`]?.() ?? fault(404, 'not_found', 'There is nothing here.')
  }

  private end(stays: (s: Body) => boolean): Answer {
    this.sessions = this.sessions.filter(stays)
    return ok
  }
}
