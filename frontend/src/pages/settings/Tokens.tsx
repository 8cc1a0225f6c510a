import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, unwrap, type Token } from '../../api/client'
import { QUERY_KEY } from '../../api/queries'
import { useConfirm } from '../../components/confirm'
import { Button } from '../../components/Button'
import { useToast } from '../../components/toast'
import { LoadingOrError, EmptyState } from '../../components/Placeholders'
import { useNow } from '../../components/useNow'
import { Time } from '../../components/Time'
import { useSession } from '../../session/session'
import { NewTokenDialog } from './NewTokenDialog'

const REFETCH_MS = 10_000

/** All tokens. Their secrets cannot be retrieved. */
export function Tokens() {
  const [creating, setCreating] = useState(false)
  const { data, error, refetch } = useQuery({
    queryKey: [QUERY_KEY.tokens],
    queryFn: async () => (await unwrap(api.GET('/api/tokens'))).items,
    staleTime: 0,
    refetchInterval: REFETCH_MS, // for the time of last use
  })
  return (
    <>
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="muted text-sm">Programs and people sign in with tokens. Give each its own token, with the lowest role it needs.</p>
        <Button variant="primary" size="normal" onClick={() => setCreating(true)}>
          New token
        </Button>
      </div>
      <div className="card">
        {!data ? (
          <LoadingOrError error={error} onRetry={() => void refetch()} rows={3} />
        ) : data.length === 0 ? (
          <EmptyState title="No tokens" />
        ) : (
          <ul aria-label="Tokens" className="divide-y">
            {data.map((token) => (
              <Row key={token.name} token={token} />
            ))}
          </ul>
        )}
      </div>
      {creating && <NewTokenDialog onClose={() => setCreating(false)} />}
    </>
  )
}

const ROLE_CLASS = {
  viewer: 'bg-stone-200 text-stone-900 dark:bg-stone-800 dark:text-stone-100',
  operator: 'bg-sky-100 text-sky-950 dark:bg-sky-950 dark:text-sky-100',
  admin: 'bg-violet-100 text-violet-950 dark:bg-violet-950 dark:text-violet-100',
}

function Row({ token }: { token: Token }) {
  const { name, role, created_at, created_by, expires_at, last_used_at, last_used_from } = token
  const own = useSession().name === name
  const revoke = useRevoke(own)
  const expired = useNow((now) => expires_at !== null && Date.parse(expires_at) <= now)
  return (
    <li data-token={name} className="flex flex-wrap items-center gap-x-4 gap-y-3 p-4">
      <div className="min-w-56 flex-1 max-sm:basis-full">
        <p className="flex flex-wrap items-center gap-2">
          <span className="font-medium wrap-anywhere">{name}</span>
          <span className={`rounded-full px-2 py-0.5 text-xs font-medium ${ROLE_CLASS[role]}`}>{role}</span>
          {own && <span className="muted text-xs">your token</span>}
        </p>
        <p className="muted mt-1 text-sm">
          {last_used_at === null ? (
            'Never used'
          ) : (
            <>
              Last used <Time at={last_used_at} /> from {last_used_from}
            </>
          )}
          {' · created '}
          <Time at={created_at} /> by {created_by}
        </p>
      </div>
      <p className={`text-sm max-sm:flex-1 ${expired ? 'text-red-700 dark:text-red-400' : 'muted'}`}>
        {expires_at === null ? (
          'never expires'
        ) : (
          <>
            {expired ? 'expired' : 'expires'} <Time at={expires_at} />
          </>
        )}
      </p>
      <Button variant="danger" aria-label={`Revoke ${name}`} onClick={() => void revoke(name)}>
        Revoke
      </Button>
    </li>
  )
}

/** Revokes a token after confirmation; `own`: the token of this session. */
function useRevoke(own: boolean) {
  const queries = useQueryClient()
  const confirm = useConfirm()
  const { showToast } = useToast()
  const { mutate } = useMutation({
    mutationFn: (name: string) => unwrap(api.DELETE('/api/tokens/{name}', { params: { path: { name } } })),
    onSuccess: (_, name) => {
      showToast('success', `${name} was revoked`)
      return queries.invalidateQueries() // includes the session, because the token may have been the user's own
    },
    onError: (error) => showToast('error', error.message),
  })
  return async (name: string) => {
    const confirmed = await confirm({
      title: `Revoke ${name}?`,
      text: `Programs that use it lose access immediately, and browsers signed in with it are signed out${own ? ', including this one, because it is your own token' : ''}. Jobs are not affected. This cannot be undone.`,
      action: 'Revoke',
    })
    if (confirmed) mutate(name)
  }
}
