// What people do with their own login: the shapes of /api/v1/account, its requests, and what is
// kept of its answers. Secrets in answers (seeds, codes) are never kept here.
import { useQuery, type UseQueryResult } from '@tanstack/react-query'
import { request } from './client'
import { fields, list, number, text, textOrNull } from './decode'

export interface Account {
  name: string
  email: string
  pendingEmail: string | null
  createdAt: string
  hasPassword: boolean
  passwordChangedAt: string | null
  totp: boolean
  recoveryCodesLeft: number
  /** deleteAfter is when the account will be gone; null where no deletion is planned. */
  deleteAfter: string | null
}

export interface Session {
  id: string
  current: boolean
  method: string
  address: string
  userAgent: string
  createdAt: string
  lastSeenAt: string
}

export interface Passkey {
  id: string
  name: string
  createdAt: string
  lastUsedAt: string | null
}

/** A sign-in that is done, or that asks for a second factor under this secret. */
export interface SignInStep {
  ceremony: string | null
}

export interface Seed {
  secret: string
  uri: string
}

/** The half of a ceremony that an authenticator goes on with. */
export interface PasskeyStep {
  ceremony: string
  options: unknown
}

const AT = '/api/v1/account'

function send<T>(method: string, path: string, body: object | null, decode: (answer: unknown) => T): Promise<T> {
  return request(AT + path, body === null ? { method } : { method, body: JSON.stringify(body) }, decode)
}

const nothing = () => null
const post = (path: string, body: object = {}) => send('POST', path, body, nothing)
const drop = (path: string) => send('DELETE', path, null, nothing)

export const signUp = (form: { name: string; email: string; password: string }) => post('/sign-up', form)
export const forgotPassword = (email: string) => post('/forgot-password', { email })
export const resetPassword = (token: string, password: string) => post('/reset-password', { token, password })
export const verifyEmail = (token: string, password: string) => send('POST', '/verify-email', { token, password }, decodeStep)
export const signIn = (email: string, password: string) => send('POST', '/sign-in', { email, password }, decodeStep)
export const secondFactor = (ceremony: string, proof: CodeProof) => send('POST', '/sign-in/second-factor', { ceremony, ...proof }, decodeStep)
export const beginPasskeySignIn = () => send('POST', '/sign-in/passkey/begin', null, decodePasskeyStep)
export const passkeySignIn = (ceremony: string, credential: unknown) => send('POST', '/sign-in/passkey', { ceremony, credential }, decodeStep)

/** What is typed in a second step: the app's code, or a recovery code instead. */
export type CodeProof = { code: string } | { recovery_code: string }

export const rename = (name: string) => send('PATCH', '', { name }, nothing)
export const changePassword = (password: string, new_password: string) => post('/password', { password, new_password })
export const changeEmail = (email: string, password: string) => post('/email', { email, password })
export const confirmEmail = (token: string) => post('/email/confirm', { token })
export const keepEmail = () => drop('/email')
export const endSession = (id: string, password: string) => post(`/sessions/${encodeURIComponent(id)}/end`, { password })
export const endOtherSessions = (password: string) => post('/sessions/end-others', { password })
export const beginTotp = (password: string) => send('POST', '/totp', { password }, decodeSeed)
export const confirmTotp = (code: string) => send('POST', '/totp/confirm', { code }, decodeCodes)
export const removeTotp = (password: string, proof: CodeProof) => post('/totp/remove', { password, ...proof })
export const newRecoveryCodes = (password: string) => send('POST', '/recovery-codes', { password }, decodeCodes)
export const beginPasskey = (password: string) => send('POST', '/passkeys/begin', { password }, decodePasskeyStep)
export const addPasskey = (ceremony: string, name: string, credential: unknown) => post('/passkeys', { ceremony, name, credential })
export const removePasskey = (id: string, password: string) => post(`/passkeys/${encodeURIComponent(id)}/remove`, { password })
export const deleteAccount = (password: string) => post('/delete', { password })
export const keepAccount = () => send('POST', '/keep', null, nothing)

export const accountKey = ['account'] as const
const ownKey = ['account', 'own'] as const
const sessionsKey = ['account', 'sessions'] as const
const passkeysKey = ['account', 'passkeys'] as const

export function useAccount(): UseQueryResult<Account> {
  return useQuery({ queryKey: ownKey, queryFn: ({ signal }) => request(AT, { signal }, decodeAccount) })
}

export function useSessions(): UseQueryResult<Session[]> {
  return useQuery({ queryKey: sessionsKey, queryFn: ({ signal }) => request(`${AT}/sessions`, { signal }, decodeSessions) })
}

export function usePasskeys(): UseQueryResult<Passkey[]> {
  return useQuery({ queryKey: passkeysKey, queryFn: ({ signal }) => request(`${AT}/passkeys`, { signal }, decodePasskeys) })
}

export function decodeAccount(body: unknown): Account {
  const a = fields(body)
  return {
    name: text(a['name']),
    email: text(a['email']),
    pendingEmail: textOrNull(a['pending_email']),
    createdAt: text(a['created_at']),
    hasPassword: a['has_password'] === true,
    passwordChangedAt: textOrNull(a['password_changed_at']),
    totp: a['totp'] === true,
    recoveryCodesLeft: number(a['recovery_codes_left']),
    deleteAfter: textOrNull(a['delete_after']),
  }
}

export function decodeSessions(body: unknown): Session[] {
  return list(fields(body)['sessions']).map((v) => {
    const s = fields(v)
    return {
      id: text(s['id']),
      current: s['current'] === true,
      method: text(s['method']),
      address: text(s['address']),
      userAgent: text(s['user_agent']),
      createdAt: text(s['created_at']),
      lastSeenAt: text(s['last_seen_at']),
    }
  })
}

function decodePasskeys(body: unknown): Passkey[] {
  return list(fields(body)['passkeys']).map((v) => {
    const p = fields(v)
    return { id: text(p['id']), name: text(p['name']), createdAt: text(p['created_at']), lastUsedAt: textOrNull(p['last_used_at']) }
  })
}

function decodeStep(body: unknown): SignInStep {
  return { ceremony: fields(body)['next'] === 'second_factor' ? text(fields(body)['ceremony']) : null }
}

function decodePasskeyStep(body: unknown): PasskeyStep {
  return { ceremony: text(fields(body)['ceremony']), options: fields(body)['options'] }
}

function decodeSeed(body: unknown): Seed {
  return { secret: text(fields(body)['secret']), uri: text(fields(body)['uri']) }
}

function decodeCodes(body: unknown): string[] {
  return list(fields(body)['recovery_codes']).map(text)
}
