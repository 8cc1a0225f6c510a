import { useCallback, useEffect, useState } from 'react'
import { api, ask, Refused } from '../../api/client'
import { destination } from '../../session/leave'

type By = { token: string } | { code: string }

/** Where it is with signing in; `again`: what can be tried once more, as it was not what was wrong. */
export type Attempt =
  | { state: 'waiting' }
  | { state: 'asked'; by: By }
  | { state: 'refused'; by: By; status: number; message: string; again: boolean }

/** Signs in with a token, or with the code that stands in the address, which then stands there no more. Neither is kept
 *  anywhere but here, until it has been answered. */
export function useSigningIn() {
  const [attempt, setAttempt] = useState<Attempt>({ state: 'waiting' })

  const signIn = useCallback(async (by: By) => {
    setAttempt({ state: 'asked', by })
    try {
      await ask(api.POST('/api/session', { body: by }))
      goOn()
    } catch (error) {
      const { status, message } = error as Refused
      const again = 'code' in by && (status === 0 || status === 429 || status >= 500)
      setAttempt({ state: 'refused', by, status, message, again })
    }
  }, [])

  useEffect(() => {
    const follow = () => {
      const code = location.hash.slice(1)
      if (!code) return false
      history.replaceState(history.state, '', location.pathname + location.search)
      void signIn({ code })
      return true
    }
    if (!follow()) void goOnWhereSignedIn()
    // Somebody may have signed in in another tab meanwhile.
    const seen = () => void (document.hidden || goOnWhereSignedIn())
    window.addEventListener('hashchange', follow)
    document.addEventListener('visibilitychange', seen)
    return () => {
      window.removeEventListener('hashchange', follow)
      document.removeEventListener('visibilitychange', seen)
    }
  }, [signIn])

  return { attempt, signIn }
}

/** The page is loaded anew: what was fetched by whoever was signed in before is gone. */
const goOn = () => location.replace(destination(location.search, location.origin))

async function goOnWhereSignedIn(): Promise<void> {
  try {
    await ask(api.GET('/api/session'))
    goOn()
  } catch {
    // Nobody is, or nobody knows: that is what this page is for.
  }
}
