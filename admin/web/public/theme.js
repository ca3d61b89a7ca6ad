// Runs before the first paint, so that a dark page never flashes white.
// The choice itself is made in src/app/theme.ts; both use the key noctra.theme.
;(function () {
  var choice = null
  try {
    choice = localStorage.getItem('noctra.theme')
  } catch (e) {
    choice = null
  }
  var dark = choice === 'dark' || (choice !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.setAttribute('data-theme', dark ? 'dark' : 'light')
})()
