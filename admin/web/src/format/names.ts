// Names for values that the API gives as codes. Everything unknown is shown as it came.

const regions = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' })

export const NOT_SET = '(not set)'

/** countryName turns ISO 3166 alpha-2 into English; anything else stays as it is. */
export function countryName(code: string): string {
  if (!/^[A-Z]{2}$/.test(code)) return code
  return regions.of(code) ?? code
}

/** countryCodes lists the codes of the countries whose English name contains a text. */
export function countryCodes(text: string): string[] {
  const wanted = text.toLowerCase()
  const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']
  return letters
    .flatMap((a) => letters.map((b) => a + b))
    .filter((code) => (regions.of(code) ?? '').toLowerCase().includes(wanted) || code === text.toUpperCase())
}

/** valueName is what a row or a chip shows for a dimension's value; empty values get a name. */
export function valueName(dimension: string, value: string): string {
  if (value === '') return dimension === 'visit:source' || dimension === 'visit:referrer' ? 'Direct / none' : NOT_SET
  if (dimension === 'visit:country') return countryName(value)
  if ((dimension === 'visit:device' || dimension === 'event:type') && /^[a-z]+$/.test(value)) return value.charAt(0).toUpperCase() + value.slice(1)
  return value
}

/** initials are at most two letters for a site's tile. */
export function initials(name: string): string {
  const words = name.split(/[\s.\-_]+/).filter(Boolean)
  const letters = words.length > 1 ? [words[0], words[1]].map((w) => [...(w ?? '')][0] ?? '') : [...(words[0] ?? '?')].slice(0, 2)
  return letters.join('').toUpperCase()
}

/** webLink returns an address only if it is http or https; a bare host gets https. Never throws. */
export function webLink(text: string): string | null {
  const candidate = /^[a-z][a-z0-9+.-]*:/i.test(text) ? text : `https://${text}`
  try {
    const url = new URL(candidate)
    if (url.protocol !== 'https:' && url.protocol !== 'http:') return null
    return url.hostname.includes('.') ? url.href : null
  } catch {
    return null
  }
}

/** pageLink is the address of a path on the site's own host. */
export function pageLink(hostname: string, path: string): string | null {
  if (!path.startsWith('/') || path.startsWith('//') || hostname === '') return null
  return webLink(`https://${hostname.replace(/^\*\./, '')}${path}`)
}

/** accountNumber writes the number of an account of Google Ads: 200-000-0002. */
export function accountNumber(id: string): string {
  return /^\d{10}$/.test(id) ? `${id.slice(0, 3)}-${id.slice(3, 6)}-${id.slice(6)}` : id
}
