// The stand-in for workspaces: two of them, three people in the first, and an audit that grows with
// what is done. jon@… is invited already, many@… is one too many.
import { fault, wait, type Answer } from './account'
import { MockCopies } from './privacyMock'
import { pastEntries, type Entry } from './teamPast'

type Body = Record<string, unknown>

export interface MockMember {
  account_id: string
  name: string
  email: string
  role: string
  created_at: string
  last_seen?: string
}

const DAY_MS = 86_400_000
const OWN = '41'
const ok: Answer = { status: 204 }

export class MockTeam {
  readonly workspaces: { id: string; name: string; role: string; second_factor?: boolean; second_factor_needed?: boolean; erase_after?: string | undefined }[] = [
    { id: '1', name: 'Acme', role: 'owner' },
    { id: '2', name: 'Northwind Travel', role: 'analyst' },
  ]
  readonly members: MockMember[]
  readonly invitations: Body[]
  readonly audit: Entry[]
  private readonly copies: MockCopies

  constructor(private readonly now: () => Date) {
    const before = (days: number) => new Date(now().getTime() - days * DAY_MS).toISOString()
    this.members = [
      { account_id: OWN, name: 'Mara Lindt', email: 'mara@acme.example', role: 'owner', created_at: before(300), last_seen: before(0).slice(0, 10) },
      { account_id: '42', name: 'Jon Berg', email: 'jon.berg@acme.example', role: 'admin', created_at: before(120), last_seen: before(3).slice(0, 10) },
      { account_id: '57', name: 'Aoife Ní Bhriain', email: 'aoife@agency.example', role: 'campaign_manager', created_at: before(9) },
    ]
    this.invitations = [this.invitation('7', 'jon@acme.example', 'analyst', 0.1), this.invitation('5', 'former@agency.example', 'billing', 9)]
    this.audit = pastEntries(now())
    this.copies = new MockCopies(now, true)
  }

  private invitation(id: string, email: string, role: string, daysAgo: number): Body {
    const at = this.now().getTime() - daysAgo * DAY_MS
    return { id, email, role, created_at: new Date(at).toISOString(), sent_at: new Date(at).toISOString(), expires_at: new Date(at + 7 * DAY_MS).toISOString() }
  }

  /** done adds to the audit. */
  done(action: string, states: { before?: Body; after?: Body; details?: Body } = {}, account = OWN): void {
    this.audit.unshift({ seq: (this.audit[0]?.seq ?? 0) + 1, at: this.now().toISOString(), account_id: account, action, address: '203.0.113.7', details: {}, ...states })
  }

  /** rename is what somebody else does at the same time. */
  renamedByJon(name: string): void {
    this.done('workspace.renamed', { before: { name: this.workspaces[0]!.name }, after: { name } }, '42')
    this.workspaces[0]!.name = name
  }

  answer(method: string, path: string, query: URLSearchParams, body: Body, tag: string | undefined): Answer {
    if (path === '' && method === 'POST') return this.create(body)
    const [, id, rest = ''] = /^\/(\d+)(\/.*)?$/.exec(path) ?? []
    const workspace = this.workspaces.find((w) => w.id === id)
    if (!workspace) return fault(404, 'not_found', 'There is no such workspace, or it is not yours.')
    const stale = (have: string) => (tag !== undefined && tag !== have ? fault(412, 'changed_meanwhile', 'Somebody changed this meanwhile; read it again.') : null)
    const w = (): Answer => ({ status: 200, body: { ...workspace, created_at: this.members[0]!.created_at }, headers: { ETag: `"w ${workspace.name}"` } })
    const account = /^\/members\/(\d+)$/.exec(rest)?.[1]
    if (account) return this.member(method, account, body, stale)
    const routes: Record<string, () => Answer> = {
      'GET ': w,
      'PATCH ': () => stale(`"w ${workspace.name}"`) ?? (this.done('workspace.renamed', { before: { name: workspace.name }, after: { name: body['name'] } }), (workspace.name = String(body['name'])), w()),
      'PUT /second-factor': () => ((workspace.second_factor = body['required'] === true), w()),
      'POST /transfer': () => this.transfer(String(body['account_id'])),
      'POST /leave': () => (this.workspaces.splice(this.workspaces.indexOf(workspace), 1), ok),
      'POST /delete': () => (body['workspace_name'] === workspace.name ? ((workspace.erase_after = new Date(this.now().getTime() + 7 * DAY_MS).toISOString()), { status: 202, body: { erase_after: workspace.erase_after } }) : fault(422, 'invalid_request', 'This is not the name of the workspace.', 'workspace_name')),
      'POST /keep': () => ((workspace.erase_after = undefined), ok),
      'GET /members': () => ({ status: 200, body: { members: this.members } }),
      'GET /invitations': () => ({ status: 200, body: { invitations: this.invitations } }),
      'POST /invitations': () => this.invite(body),
      'GET /requests': () => ({ status: 200, body: { requests: [this.request()] } }),
      'GET /requests/7': () => ({ status: 200, body: { ...this.request(), history: [{ at: this.members[2]!.created_at, state: 'open' }] }, headers: { ETag: '"r"' } }),
      'PATCH /requests/7': () => ((this.asked = String(body['state'])), { status: 200, body: this.request() }),
      'GET /audit': () => this.page(query),
    }
    return this.copies.answer(method, rest) ?? routes[`${method} ${rest}`]?.() ?? this.ofInvitation(method, rest)
  }

  private asked = 'open'

  private request(): Body {
    return { id: '7', kind: 'erasure', state: this.asked, hostname: 'shop.noctra.example', email: 'ann@shopper.example', text: 'Please erase what you have about order 1234.', created_at: this.members[2]!.created_at, due_at: '2026-12-15T10:00:00Z' }
  }

  private create(body: Body): Answer {
    const made = { id: String(this.workspaces.length + 1), name: String(body['name']), role: 'owner' }
    this.workspaces.push(made)
    return { status: 201, body: { ...made, created_at: this.now().toISOString() } }
  }

  private member(method: string, account: string, body: Body, stale: (have: string) => Answer | null): Answer {
    const m = this.members.find((x) => x.account_id === account)
    if (!m) return fault(404, 'not_found', 'There is no such member.')
    if (method === 'GET') return { status: 200, body: m, headers: { ETag: `"m ${m.role}"` } }
    const old = stale(`"m ${m.role}"`)
    if (old) return old
    const owners = this.members.filter((x) => x.role === 'owner').length
    if (m.role === 'owner' && owners === 1 && body['role'] !== 'owner') return fault(409, 'last_owner', 'A workspace has an owner; make somebody else owner first.')
    const state = (role: string) => ({ account_id: Number(account), role })
    if (method === 'DELETE') {
      this.members.splice(this.members.indexOf(m), 1)
      this.done('member.removed', { before: state(m.role) })
      return ok
    }
    this.done('member.role_changed', { before: state(m.role), after: state(String(body['role'])) })
    m.role = String(body['role'])
    return { status: 200, body: m }
  }

  private transfer(to: string): Answer {
    for (const m of this.members) if (m.account_id === OWN) m.role = 'admin'
    for (const m of this.members) if (m.account_id === to) m.role = 'owner'
    this.workspaces[0]!.role = 'admin'
    this.done('ownership.transferred', { after: { account_id: Number(to), role: 'owner' } })
    return ok
  }

  private invite(body: Body): Answer {
    const email = String(body['email'])
    if (!email.includes('@')) return fault(422, 'invalid_request', `"${email}" is no e-mail address.`, 'email')
    if (email.startsWith('many@')) return wait(3600)
    if (this.members.some((m) => m.email === email)) return fault(409, 'already_member', 'This person is a member already.')
    if (this.invitations.some((i) => i['email'] === email)) return fault(409, 'conflict', 'This address is invited already; send it again, or revoke it.')
    const made = this.invitation(String(10 + this.invitations.length), email, String(body['role']), 0)
    this.invitations.unshift(made)
    this.done('invitation.sent', { after: { invitation_id: Number(made['id']), role: body['role'] } })
    return { status: 201, body: made }
  }

  private ofInvitation(method: string, rest: string): Answer {
    const [, id, again] = /^\/invitations\/(\d+)(\/resend)?$/.exec(rest) ?? []
    const i = this.invitations.findIndex((x) => x['id'] === id)
    if (i < 0) return fault(404, 'not_found', 'There is nothing here.')
    const found = this.invitations[i]!
    if (again) {
      this.invitations[i] = this.invitation(String(found['id']), String(found['email']), String(found['role']), 0)
      return { status: 200, body: this.invitations[i] }
    }
    if (method === 'DELETE') this.invitations.splice(i, 1)
    return ok
  }

  /** page filters and pages as the service does; its cursor is the last number. */
  private page(q: URLSearchParams): Answer {
    const about = q.get('about')?.split(':')
    const has = (part: unknown) => about !== undefined && typeof part === 'object' && part !== null && String((part as Body)[about[0]!]) === about[1]
    const fits = (e: Entry) =>
      (!q.get('action') || e.action === q.get('action') || e.action.startsWith(`${q.get('action')}.`)) &&
      (!q.get('account_id') || e.account_id === q.get('account_id')) &&
      (!about || has(e.after) || has(e.before) || has(e.details)) &&
      (!q.get('search') || JSON.stringify(e).toLowerCase().includes(q.get('search')!.toLowerCase())) &&
      (!q.get('from') || e.at >= q.get('from')!) &&
      (!q.get('to') || e.at < q.get('to')!)
    const all = this.audit.filter((e) => fits(e) && (!q.get('cursor') || e.seq < Number(q.get('cursor'))))
    const shown = all.slice(0, Number(q.get('limit') ?? 100))
    return { status: 200, body: { entries: shown, next_cursor: all.length > shown.length ? String(shown.at(-1)!.seq) : undefined } }
  }
}
