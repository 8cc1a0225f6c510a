import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { api, ask } from '../api/client'
import { KEY } from '../api/queries'
import { Failed } from '../components/States'
import { isLeaving } from './leave'
import { SessionContext } from './session'

const AGAIN_MS = 3000

/** Shows what is below once it is known who is signed in. Where nobody is, that question leads to where one does. */
export function SessionProvider({ children }: { children: ReactNode }) {
  const { data, error, refetch } = useQuery({
    queryKey: [KEY.session],
    queryFn: () => ask(api.GET('/api/session')),
    refetchInterval: ({ state }) => (state.data ? false : AGAIN_MS),
  })
  if (data) return <SessionContext value={data}>{children}</SessionContext>
  return error && !isLeaving() ? <Failed error={error} again={() => void refetch()} /> : null
}
