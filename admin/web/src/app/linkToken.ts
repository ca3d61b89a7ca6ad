// Mailed links carry their token behind #, which browsers send to nobody.
const FORM = /^#token=([A-Za-z0-9_-]{16,128})$/

/** linkToken is the token in an address's fragment, empty where there is none of the right form. */
export function linkToken(hash: string): string {
  return FORM.exec(hash)?.[1] ?? ''
}
