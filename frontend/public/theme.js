// Runs before the first paint, so that a dark page does not flash white. It is a separate file because the
// Content-Security-Policy forbids inline scripts.
{
  const chosen = localStorage.getItem('theme')
  const dark = chosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches
  document.documentElement.dataset.theme = dark ? 'dark' : 'light'
}
