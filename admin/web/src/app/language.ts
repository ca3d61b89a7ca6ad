// Browsers started in a POSIX locale name a language that is none (en-US@posix), and Intl throws at
// it: uPlot asks for it while it loads, and the page would stay empty. Imported before everything.
try {
  Intl.getCanonicalLocales(navigator.language)
} catch {
  Object.defineProperty(navigator, 'language', { value: 'en', configurable: true })
}
export {}
