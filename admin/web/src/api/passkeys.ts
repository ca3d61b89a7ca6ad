// The browser's half of passkeys. Options and answers are JSON as WebAuthn level 3 has it.
import type { PasskeyStep } from './account'

/** PasskeyError is an authenticator that did not do what it was asked, as a sentence. */
export class PasskeyError extends Error {
  override readonly name = 'PasskeyError'
}

/** passkeysWork tells whether browsers allow passkeys at this address: https and a whole name, or localhost. */
export function passkeysWork(): boolean {
  const host = location.hostname
  const named = host === 'localhost' || (host.includes('.') && !/^[\d.]+$/.test(host))
  return window.isSecureContext && named && typeof PublicKeyCredential === 'function' && 'parseRequestOptionsFromJSON' in PublicKeyCredential
}

/** createPasskey makes a passkey and returns what the service has to see of it. */
export async function createPasskey({ options }: PasskeyStep): Promise<unknown> {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options as PublicKeyCredentialCreationOptionsJSON)
  return answer(() => navigator.credentials.create({ publicKey }))
}

/** askPasskey has an authenticator sign, and returns what the service has to see of it. */
export async function askPasskey({ options }: PasskeyStep): Promise<unknown> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options as PublicKeyCredentialRequestOptionsJSON)
  return answer(() => navigator.credentials.get({ publicKey }))
}

async function answer(ask: () => Promise<Credential | null>): Promise<unknown> {
  let credential: Credential | null
  try {
    credential = await ask()
  } catch (cause) {
    throw new PasskeyError(sentence(cause), { cause })
  }
  if (!(credential instanceof PublicKeyCredential)) throw new PasskeyError('The browser has no passkey for this.')
  return credential.toJSON()
}

function sentence(cause: unknown): string {
  const name = cause instanceof DOMException ? cause.name : ''
  if (name === 'InvalidStateError') return 'This device has a passkey for your account already.'
  if (name === 'NotAllowedError') return 'No passkey was used: it was cancelled, or took too long. Try again.'
  return 'The browser could not use a passkey here.'
}
