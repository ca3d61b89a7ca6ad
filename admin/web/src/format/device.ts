// What a browser says of itself, in the words of people: Chrome on Windows.

// The first that fits counts: most browsers also name those that they resemble.
const browsers: readonly [RegExp, string][] = [
  [/\bEdg(?:e|A|iOS)?\//, 'Edge'],
  [/\b(?:OPR|Opera)\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\bVivaldi\//, 'Vivaldi'],
  [/\b(?:Firefox|FxiOS)\//, 'Firefox'],
  [/\b(?:Chrome|CriOS|HeadlessChrome)\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
  [/^curl\//, 'curl'],
  [/^Go-http-client\//, 'a program in Go'],
  [/\bpython/i, 'a program in Python'],
]

const systems: readonly [RegExp, string][] = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b|\bMacintosh\b/, 'macOS'],
  [/\bLinux\b|\bX11\b/, 'Linux'],
]

const find = (list: readonly [RegExp, string][], agent: string) => list.find(([form]) => form.test(agent))?.[1]

/** deviceName is the browser and its system; what is not known is called so. */
export function deviceName(agent: string): string {
  const browser = find(browsers, agent)
  const system = find(systems, agent)
  if (!browser && !system) return 'Unknown device'
  const name = (browser ?? 'Browser') + (system ? ` on ${system}` : '')
  return name.charAt(0).toUpperCase() + name.slice(1)
}
