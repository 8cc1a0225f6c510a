import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, ask, type Token } from '../../api/client'
import { KEY } from '../../api/queries'
import { useAsk } from '../../components/asking'
import { Button } from '../../components/Button'
import { useMessages } from '../../components/messages'
import { Awaited, Empty } from '../../components/States'
import { useNow } from '../../components/time'
import { Time } from '../../components/Time'
import { useSession } from '../../session/session'
import { NewToken } from './NewToken'

const AGE_MS = 10_000

/** Who may sign in, and as what. Nobody can look up a token's secret. */
export function Tokens() {
  const [making, setMaking] = useState(false)
  const { data, error, refetch } = useQuery({
    queryKey: [KEY.tokens],
    queryFn: async () => (await ask(api.GET('/api/tokens'))).items,
    staleTime: 0,
    refetchInterval: AGE_MS, // when each was used last
  })
  return (
    <>
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="muted text-sm">Programs and people sign in with a token. Each should have one of its own, with no more than it needs.</p>
        <Button kind="primary" size="normal" onClick={() => setMaking(true)}>
          New token
        </Button>
      </div>
      <div className="card">
        {!data ? (
          <Awaited error={error} again={() => void refetch()} rows={3} />
        ) : data.length === 0 ? (
          <Empty title="There is no token" />
        ) : (
          <ul aria-label="Tokens" className="divide-y">
            {data.map((token) => (
              <Row key={token.name} token={token} />
            ))}
          </ul>
        )}
      </div>
      {making && <NewToken closed={() => setMaking(false)} />}
    </>
  )
}

const ROLE_LOOK = {
  viewer: 'bg-stone-200 text-stone-900 dark:bg-stone-800 dark:text-stone-100',
  operator: 'bg-sky-100 text-sky-950 dark:bg-sky-950 dark:text-sky-100',
  admin: 'bg-violet-100 text-violet-950 dark:bg-violet-950 dark:text-violet-100',
}

function Row({ token }: { token: Token }) {
  const { name, role, created_at, created_by, expires_at, last_used_at, last_used_from } = token
  const own = useSession().name === name
  const revoke = useRevoke(own)
  const over = useNow((now) => expires_at !== null && Date.parse(expires_at) <= now)
  return (
    <li data-token={name} className="flex flex-wrap items-center gap-x-4 gap-y-3 p-4">
      <div className="min-w-56 flex-1 max-sm:basis-full">
        <p className="flex flex-wrap items-center gap-2">
          <span className="font-medium wrap-anywhere">{name}</span>
          <span className={`rounded-full px-2 py-0.5 text-xs font-medium ${ROLE_LOOK[role]}`}>{role}</span>
          {own && <span className="muted text-xs">you</span>}
        </p>
        <p className="muted mt-1 text-sm">
          {last_used_at === null ? (
            'Never used'
          ) : (
            <>
              Last used <Time at={last_used_at} /> from {last_used_from}
            </>
          )}
          {' · made '}
          <Time at={created_at} /> by {created_by}
        </p>
      </div>
      <p className={`text-sm max-sm:flex-1 ${over ? 'text-red-700 dark:text-red-400' : 'muted'}`}>
        {expires_at === null ? (
          'does not expire'
        ) : (
          <>
            {over ? 'expired' : 'expires'} <Time at={expires_at} />
          </>
        )}
      </p>
      <Button kind="danger" aria-label={`Revoke ${name}`} onClick={() => void revoke(name)}>
        Revoke
      </Button>
    </li>
  )
}

/** Revokes a token, after telling what ends with it; `own`: the one by which this page is signed in. */
function useRevoke(own: boolean) {
  const queries = useQueryClient()
  const question = useAsk()
  const { tell } = useMessages()
  const { mutate } = useMutation({
    mutationFn: (name: string) => ask(api.DELETE('/api/tokens/{name}', { params: { path: { name } } })),
    onSuccess: (_, name) => {
      tell('done', `${name} is revoked`)
      return queries.invalidateQueries() // also who is signed in: the token may have been one's own
    },
    onError: (refusal) => tell('refused', refusal.message),
  })
  return async (name: string) => {
    const sure = await question({
      title: `Revoke ${name}?`,
      text: `Programs that use it are refused from now on, and browsers that are signed in with it are signed out${own ? ': this one too, as it is your own token' : ''}. Jobs stay as they are. This cannot be undone.`,
      action: 'Revoke',
    })
    if (sure) mutate(name)
  }
}
