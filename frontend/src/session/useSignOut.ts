import { useCallback } from 'react'
import { api, unwrap, type ApiError } from '../api/client'
import { useConfirm } from '../components/confirm'
import { useToast } from '../components/toast'
import { redirectToSignIn } from './redirectToSignIn'
import { useSession } from './session'

/** Signs out of this browser; `everywhere`: of all browsers with sessions of the same token, after confirmation. */
export function useSignOut() {
  const confirm = useConfirm()
  const { showToast } = useToast()
  const name = useSession().name
  return useCallback(
    async (everywhere: boolean) => {
      const confirmed =
        !everywhere ||
        (await confirm({
          title: 'Sign out everywhere?',
          text: `All browsers signed in as ${name} are signed out, including this one, and unused sign-in links become invalid. The token remains valid for programs and for signing in again.`,
          action: 'Sign out everywhere',
        }))
      if (!confirmed) return
      try {
        await unwrap(api.DELETE('/api/session', { params: { query: { everywhere } } }))
        redirectToSignIn({ returnHere: false })
      } catch (error) {
        showToast('error', (error as ApiError).message)
      }
    },
    [confirm, showToast, name],
  )
}
