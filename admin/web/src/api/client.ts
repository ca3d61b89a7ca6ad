// Requests to the admin service: same origin, session cookie, JSON both ways. Every failure
// becomes an ApiError that says whether asking again can help.
import { decodeFields, decodeFreshness, decodeMe, decodeQuery } from './decode'
import type { FieldProblem, Freshness, Me, QueryRequest, QueryResponse } from './types'

export class ApiError extends Error {
  override readonly name = 'ApiError'
  /** status is the HTTP status, or 0 when no answer came. */
  readonly status: number
  readonly code: string
  /** retryAfterMs is how long the service asked to wait, if it did. */
  readonly retryAfterMs: number | null
  /** fields are the parts of the request that were wrong, if the service named them. */
  readonly fields: readonly FieldProblem[]

  constructor(status: number, code: string, message: string, more: { retryAfterMs?: number | null; fields?: readonly FieldProblem[] } = {}) {
    super(message)
    this.status = status
    this.code = code
    this.retryAfterMs = more.retryAfterMs ?? null
    this.fields = more.fields ?? []
  }

  get temporary(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500
  }
}

export function fetchMe(signal: AbortSignal): Promise<Me> {
  return request('/api/v1/me', { signal }, decodeMe)
}

export function fetchQuery(query: QueryRequest, signal: AbortSignal): Promise<QueryResponse> {
  const body = JSON.stringify(query)
  return request('/api/v1/query', { method: 'POST', body, signal }, decodeQuery)
}

export function fetchFreshness(siteId: string, signal: AbortSignal): Promise<Freshness> {
  return request(`/api/v1/sites/${encodeURIComponent(siteId)}/freshness`, { signal }, decodeFreshness)
}

export function signOut(): Promise<null> {
  return request('/api/v1/sign-out', { method: 'POST' }, () => null)
}

export function liveAddress(siteId: string): string {
  return `/api/v1/sites/${encodeURIComponent(siteId)}/live`
}

/** Tagged is an answer with the tag of its state, which a change of it has to name. */
export interface Tagged<T> {
  value: T
  tag: string
}

/** Asked is a request; a tag makes it hold for that state alone, once is what a repetition is known by. */
export interface Asked {
  method?: string
  body?: string
  signal?: AbortSignal
  tag?: string
  once?: string
}

/** request asks the service; decode reads its answer, null where that has no body. */
export async function request<T>(path: string, asked: Asked, decode: (body: unknown) => T): Promise<T> {
  return (await requestTagged(path, asked, decode)).value
}

/** requestTagged is request, with the tag of what was answered. */
export async function requestTagged<T>(path: string, { tag, once, ...init }: Asked, decode: (body: unknown) => T): Promise<Tagged<T>> {
  const headers: Record<string, string> = { Accept: 'application/json' }
  if (init.body !== undefined) headers['Content-Type'] = 'application/json'
  if (tag !== undefined) headers['If-Match'] = tag
  if (once !== undefined) headers['Idempotency-Key'] = once
  let response: Response
  try {
    response = await fetch(path, { ...init, headers, credentials: 'same-origin' })
  } catch (cause) {
    if (init.signal?.aborted) throw cause
    throw new ApiError(0, 'unreachable', 'The service did not answer.')
  }
  if (!response.ok) throw await problem(response)
  const body: unknown = response.status === 204 ? null : await response.json().catch(() => null)
  return { value: decode(body), tag: response.headers.get('ETag') ?? '' }
}

async function problem(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => null)
  const field = (name: string) => {
    const v = typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[name] : null
    return typeof v === 'string' ? v : ''
  }
  const seconds = Number(response.headers.get('Retry-After'))
  const wait = Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : null
  const message = field('detail') || field('title') || `The service answered ${response.status}.`
  return new ApiError(response.status, field('code') || 'unknown', message, { retryAfterMs: wait, fields: decodeFields(body) })
}
