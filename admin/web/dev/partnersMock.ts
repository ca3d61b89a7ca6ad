// The stand-in for partners of postbacks: one of them, and those that are added.
import { fault, type Answer } from './account'

type Body = Record<string, unknown>

const addressOf = (p: Body) => `https://collect.acme.example/v1/postback?key={key}&partner=${String(p['name'])}&${Object.entries(p['parameters'] as Record<string, string>).map(([f, w]) => `${w}={${f}}`).join('&')}`
const withAddress = (p: Body): Body => ({ ...p, address: addressOf(p) })

export class MockPartners {
  private readonly all: Body[] = [{ id: '4', name: 'awin', parameters: { transaction_id: 'tid', amount: 'sum', gclid: 'sub1' }, statuses: { approved: 'sale', reversed: 'refund' }, plain_ok: false }]

  answer(method: string, id: string, body: Body): Answer {
    const ok = (answered: unknown): Answer => ({ status: 200, body: answered, headers: { ETag: '"partner-1"' } })
    const parameters = body['parameters'] as Record<string, string> | undefined
    if (parameters && !parameters['transaction_id']) return { ...fault(422, 'invalid_request', ''), body: { code: 'invalid_request', detail: 'The request is not as it has to be.', errors: [{ path: 'parameters', message: 'A name for transaction_id is needed.' }] } }
    if (id === '' && method === 'GET') return ok({ partners: this.all.map(withAddress) })
    if (id === '') return this.all.push({ ...body, id: String(10 + this.all.length) }), ok(withAddress(this.all.at(-1)!))
    const i = this.all.findIndex((p) => p['id'] === id)
    if (i < 0) return fault(404, 'not_found', 'There is no such partner.')
    if (method === 'DELETE') return this.all.splice(i, 1), { status: 204 }
    if (method === 'PATCH') Object.assign(this.all[i]!, body)
    return ok(withAddress(this.all[i]!))
  }
}
