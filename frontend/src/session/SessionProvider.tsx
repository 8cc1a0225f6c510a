import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { api, unwrap } from '../api/client'
import { QUERY_KEY } from '../api/queries'
import { ErrorState } from '../components/Placeholders'
import { isRedirecting } from './redirectToSignIn'
import { SessionContext } from './session'

const RETRY_MS = 3000

/**
 * Renders its children once the session is known. If nobody is signed in, the request itself redirects to the sign-in
 * page.
 */
export function SessionProvider({ children }: { children: ReactNode }) {
  const { data, error, refetch } = useQuery({
    queryKey: [QUERY_KEY.session],
    queryFn: () => unwrap(api.GET('/api/session')),
    refetchInterval: ({ state }) => (state.data ? false : RETRY_MS),
  })
  if (data) return <SessionContext value={data}>{children}</SessionContext>
  return error && !isRedirecting() ? <ErrorState error={error} onRetry={() => void refetch()} /> : null
}
