import { useCallback, useEffect, useState } from 'react'
import { api, unwrap, ApiError } from '../../api/client'
import { destination } from '../../session/redirectToSignIn'

type Credential = { token: string } | { code: string }

/** The state of signing in; `canRetry`: the credential may still be valid. */
export type Attempt =
  | { state: 'idle' }
  | { state: 'pending'; credential: Credential }
  | { state: 'failed'; credential: Credential; status: number; message: string; canRetry: boolean }

/**
 * Signs in with a token, or with the code in the URL hash, which is removed from the URL. Neither is stored anywhere
 * else.
 */
export function useSignIn() {
  const [attempt, setAttempt] = useState<Attempt>({ state: 'idle' })

  const signIn = useCallback(async (credential: Credential) => {
    setAttempt({ state: 'pending', credential })
    try {
      await unwrap(api.POST('/api/session', { body: credential }))
      continueToPage()
    } catch (error) {
      const { status, message } = error as ApiError
      const canRetry = 'code' in credential && (status === 0 || status === 429 || status >= 500)
      setAttempt({ state: 'failed', credential, status, message, canRetry })
    }
  }, [])

  useEffect(() => {
    const followLink = () => {
      const code = location.hash.slice(1)
      if (!code) return false
      history.replaceState(history.state, '', location.pathname + location.search)
      void signIn({ code })
      return true
    }
    if (!followLink()) void continueIfSignedIn()
    // The user may have signed in in another tab.
    const onVisibilityChange = () => void (document.hidden || continueIfSignedIn())
    window.addEventListener('hashchange', followLink)
    document.addEventListener('visibilitychange', onVisibilityChange)
    return () => {
      window.removeEventListener('hashchange', followLink)
      document.removeEventListener('visibilitychange', onVisibilityChange)
    }
  }, [signIn])

  return { attempt, signIn }
}

/** Reloads the page, which clears everything that a previous user fetched. */
const continueToPage = () => location.replace(destination(location.search, location.origin))

async function continueIfSignedIn(): Promise<void> {
  try {
    await unwrap(api.GET('/api/session'))
    continueToPage()
  } catch {
    // Not signed in, or unknown: stay on this page.
  }
}
