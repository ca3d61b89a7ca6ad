// Small choices kept on the device. Storage may be forbidden or full: then nothing is kept.

export function readChoice(key: string): string | null {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}

export function writeChoice(key: string, value: string): void {
  try {
    localStorage.setItem(key, value)
  } catch {
    // The choice then holds until the page is left.
  }
}
