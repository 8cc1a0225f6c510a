import { useEffect, useState, type ReactNode } from 'react'
import { Button } from '../../components/Button'
import { Typed } from '../../components/States'
import { useSigningIn, type Attempt } from './useSigningIn'

/** Signs a browser in: with a token, or by a link that somebody was given. */
export default function SignInPage() {
  const { attempt, signIn } = useSigningIn()
  useEffect(() => {
    document.title = 'Sign in · QueueCTL'
  }, [])
  const following = attempt.state === 'asked' && 'code' in attempt.by
  return (
    <main className="mx-auto flex min-h-screen max-w-md flex-col justify-center gap-6 px-4 py-10">
      <div className="flex items-center justify-center gap-3">
        <img src="/icon.svg" alt="" className="size-10" />
        <h1 className="text-xl font-semibold tracking-tight">Sign in to QueueCTL</h1>
      </div>
      <div className="card space-y-5 p-6">
        {following ? (
          <p role="status" className="text-center text-sm">
            Signing in…
          </p>
        ) : (
          <>
            <Refusal attempt={attempt} again={(by) => void signIn(by)} />
            <TokenForm busy={attempt.state === 'asked'} signIn={(token) => void signIn(by(token))} />
          </>
        )}
      </div>
      <Help />
    </main>
  )
}

/** What was pasted: a token, or a whole sign-in link. */
function by(pasted: string): { token: string } | { code: string } {
  const code = /\/sign-in#(\S+)$/.exec(pasted)?.[1]
  return code === undefined ? { token: pasted } : { code }
}

function TokenForm({ busy, signIn }: { busy: boolean; signIn: (token: string) => void }) {
  const [token, setToken] = useState('')
  const [visible, setVisible] = useState(false)
  const typed = token.trim()
  return (
    <form
      className="space-y-4"
      onSubmit={(event) => {
        event.preventDefault()
        if (typed !== '') signIn(typed)
      }}
    >
      {/* By this a password manager tells one system from another. */}
      <input type="text" autoComplete="username" value={`QueueCTL at ${location.host}`} readOnly hidden />
      <div>
        <label htmlFor="token" className="text-sm font-medium">
          Token
        </label>
        <div className="mt-1 flex gap-2">
          <input
            id="token"
            type={visible ? 'text' : 'password'}
            autoComplete="current-password"
            autoCapitalize="none"
            spellCheck={false}
            autoFocus
            required
            maxLength={2000}
            placeholder="queuectl_…"
            value={token}
            onChange={(event) => setToken(event.target.value)}
            className="field min-w-0 flex-1 py-2 font-mono"
          />
          <Button size="normal" aria-pressed={visible} aria-label="Show the token" onClick={() => setVisible(!visible)}>
            {visible ? 'Hide' : 'Show'}
          </Button>
        </div>
      </div>
      <Button kind="primary" size="normal" type="submit" disabled={busy} className="w-full justify-center py-2">
        {busy ? 'Signing in…' : 'Sign in'}
      </Button>
    </form>
  )
}

function Refusal({ attempt, again }: { attempt: Attempt; again: (by: { token: string } | { code: string }) => void }) {
  if (attempt.state !== 'refused') return null
  const { title, way } = explained(attempt)
  return (
    <div role="alert" className="rounded-lg bg-red-50 px-4 py-3 text-sm text-red-900 dark:bg-red-950 dark:text-red-100">
      <p className="font-medium">{title}</p>
      <p className="mt-1 wrap-anywhere">{way}</p>
      {attempt.again && (
        <Button className="mt-3" onClick={() => again(attempt.by)}>
          Try the link again
        </Button>
      )}
    </div>
  )
}

/** What is wrong, and the way out. */
function explained({ by, status, message }: Extract<Attempt, { state: 'refused' }>): { title: string; way: ReactNode } {
  if (status === 0) return { title: 'The API cannot be reached', way: 'Is it running? Look with: queuectl status' }
  if (status === 429) return { title: 'Too many attempts', way: message }
  if (status === 401 && 'code' in by)
    return {
      title: 'This link is good no more',
      way: 'A link signs in once, within an hour, and before any other sign-in with its token. Ask for another one, or sign in with a token.',
    }
  if (status === 401)
    return { title: 'This token is not good', way: 'It is not known here, was revoked, or has expired. Was it copied whole?' }
  if (status === 422) return { title: 'That is not a token', way: message }
  return { title: 'You could not be signed in', way: message }
}

function Help() {
  return (
    <div className="muted space-y-3 text-center text-sm">
      <p>No token at hand? On the machine where QueueCTL runs, this prints a link that signs in once:</p>
      <p className="flex flex-col items-center gap-2">
        <Typed>queuectl token link</Typed>
        <Typed>docker compose run --rm cli token link</Typed>
      </p>
      <p>Or ask an admin: Settings, Tokens.</p>
    </div>
  )
}
