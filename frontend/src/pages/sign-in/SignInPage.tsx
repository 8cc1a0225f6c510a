import { useEffect, useState, type ReactNode } from 'react'
import { Button } from '../../components/Button'
import { CommandLine } from '../../components/Placeholders'
import { useSignIn, type Attempt } from './useSignIn'

/** Signs in with a token or a sign-in link. */
export default function SignInPage() {
  const { attempt, signIn } = useSignIn()
  useEffect(() => {
    document.title = 'Sign in · QueueCTL'
  }, [])
  const followingLink = attempt.state === 'pending' && 'code' in attempt.credential
  return (
    <main className="mx-auto flex min-h-screen max-w-md flex-col justify-center gap-6 px-4 py-10">
      <div className="flex items-center justify-center gap-3">
        <img src="/icon.svg" alt="" className="size-10" />
        <h1 className="text-xl font-semibold tracking-tight">Sign in to QueueCTL</h1>
      </div>
      <div className="card space-y-5 p-6">
        {followingLink ? (
          <p role="status" className="text-center text-sm">
            Signing in…
          </p>
        ) : (
          <>
            <SignInError attempt={attempt} onRetry={(credentialFrom) => void signIn(credentialFrom)} />
            <TokenForm busy={attempt.state === 'pending'} signIn={(token) => void signIn(credentialFrom(token))} />
          </>
        )}
      </div>
      <Help />
    </main>
  )
}

/** The input may be a token or a complete sign-in link. */
function credentialFrom(pasted: string): { token: string } | { code: string } {
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
      {/* Tells a password manager which system this token belongs to. */}
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
      <Button variant="primary" size="normal" type="submit" disabled={busy} className="w-full justify-center py-2">
        {busy ? 'Signing in…' : 'Sign in'}
      </Button>
    </form>
  )
}

function SignInError({ attempt, onRetry }: { attempt: Attempt; onRetry: (credentialFrom: { token: string } | { code: string }) => void }) {
  if (attempt.state !== 'failed') return null
  const { title, advice } = explain(attempt)
  return (
    <div role="alert" className="rounded-lg bg-red-50 px-4 py-3 text-sm text-red-900 dark:bg-red-950 dark:text-red-100">
      <p className="font-medium">{title}</p>
      <p className="mt-1 wrap-anywhere">{advice}</p>
      {attempt.canRetry && (
        <Button className="mt-3" onClick={() => onRetry(attempt.credential)}>
          Try the link again
        </Button>
      )}
    </div>
  )
}

/** What went wrong, and what to do. */
function explain({ credential, status, message }: Extract<Attempt, { state: 'failed' }>): { title: string; advice: ReactNode } {
  if (status === 0) return { title: 'The API cannot be reached', advice: 'Check that it is running: queuectl status' }
  if (status === 429) return { title: 'Too many attempts', advice: message }
  if (status === 401 && 'code' in credential)
    return {
      title: 'This link has expired or was already used',
      advice: 'A link works once, within an hour, and only until another sign-in with the same token. Request a new one, or sign in with a token.',
    }
  if (status === 401)
    return { title: 'Invalid token', advice: 'It is unknown, revoked or expired. Check that you copied all of it.' }
  if (status === 422) return { title: 'Not a token', advice: message }
  return { title: 'Sign-in failed', advice: message }
}

function Help() {
  return (
    <div className="muted space-y-3 text-center text-sm">
      <p>No token? On the machine that runs QueueCTL, print a one-time sign-in link:</p>
      <p className="flex flex-col items-center gap-2">
        <CommandLine>queuectl token link</CommandLine>
        <CommandLine>docker compose run --rm cli token link</CommandLine>
      </p>
      <p>Or ask an admin to create a token under Settings → Tokens.</p>
    </div>
  )
}
