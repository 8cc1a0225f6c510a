import { useCallback } from 'react'
import { api, ask, type Refused } from '../api/client'
import { useAsk } from '../components/asking'
import { useMessages } from '../components/messages'
import { leave } from './leave'
import { useSession } from './session'

/** Signs this browser out; `everywhere`: all browsers that are signed in with the same token, after asking. */
export function useSignOut() {
  const question = useAsk()
  const { tell } = useMessages()
  const name = useSession().name
  return useCallback(
    async (everywhere: boolean) => {
      const sure =
        !everywhere ||
        (await question({
          title: 'Sign out everywhere?',
          text: `Every browser that is signed in as ${name} is signed out, this one too, and links to sign in that were not used yet become void. The token stays good: programs go on, and it signs in again.`,
          action: 'Sign out everywhere',
        }))
      if (!sure) return
      try {
        await ask(api.DELETE('/api/session', { params: { query: { everywhere } } }))
        leave({ comeBack: false })
      } catch (refusal) {
        tell('refused', (refusal as Refused).message)
      }
    },
    [question, tell, name],
  )
}
