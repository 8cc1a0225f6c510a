/** Where one signs in. */
export const SIGN_IN = '/sign-in'

let leaving = false

export const isLeaving = () => leaving

/** Goes to sign in, as the session has ended, and then back to here. The page is loaded anew: what it held is gone. */
export function leave({ comeBack = true } = {}): void {
  if (leaving || location.pathname === SIGN_IN) return
  leaving = true
  const here = location.pathname + location.search + location.hash
  location.replace(comeBack && here !== '/' ? `${SIGN_IN}?${new URLSearchParams({ to: here })}` : SIGN_IN)
}

/** What the servers answer with the page: see the Caddyfile. Anything else is a file, or missing. */
const PAGE = /^\/(jobs\/.*|[^.]*)$/

/** Where to go once somebody has signed in: what `search` names, where that is a place of this site. */
export function destination(search: string, origin: string): string {
  const to = new URLSearchParams(search).get('to') ?? '/'
  const url = URL.canParse(to, origin) ? new URL(to, origin) : undefined
  // The whole address: a path such as //elsewhere would be another site's.
  return url?.origin === origin && url.pathname !== SIGN_IN && PAGE.test(url.pathname) ? url.href : `${origin}/`
}
