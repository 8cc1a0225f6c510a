/** The path of the sign-in page. */
export const SIGN_IN = '/sign-in'

let redirecting = false

export const isRedirecting = () => redirecting

/**
 * Redirects to the sign-in page when the session has ended, and back here afterwards. This reloads the page, which
 * clears all data.
 */
export function redirectToSignIn({ returnHere = true } = {}): void {
  if (redirecting || location.pathname === SIGN_IN) return
  redirecting = true
  const here = location.pathname + location.search + location.hash
  location.replace(returnHere && here !== '/' ? `${SIGN_IN}?${new URLSearchParams({ to: here })}` : SIGN_IN)
}

/** Paths for which the servers return this page (see the Caddyfile); others are files or missing. */
const PAGE_PATH = /^\/(jobs\/.*|[^.]*)$/

/** Where to continue after signing in: the `to` parameter of `search`, if it is a path of this site. */
export function destination(search: string, origin: string): string {
  const to = new URLSearchParams(search).get('to') ?? '/'
  const url = URL.canParse(to, origin) ? new URL(to, origin) : undefined
  // The absolute URL, because a path such as //elsewhere would lead to another site.
  return url?.origin === origin && url.pathname !== SIGN_IN && PAGE_PATH.test(url.pathname) ? url.href : `${origin}/`
}
