import { useQueryClient } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { api, unwrap, ApiError, type CreatedToken, type Role } from '../../api/client'
import { QUERY_KEY } from '../../api/queries'
import { Button } from '../../components/Button'
import { closeDialog, Dialog } from '../../components/Dialog'
import { Secret } from '../../components/Secret'

const ROLES: [Role, string][] = [
  ['viewer', 'Can view everything: jobs, output, settings.'],
  ['operator', 'Can also enqueue, edit, cancel, retry and delete jobs, and so run commands.'],
  ['admin', 'Can also manage settings, queues, workers, tokens and backups, and read the audit log.'],
]

const DAY = 86_400
const EXPIRIES: [string, number | null][] = [
  ['7 days', 7 * DAY],
  ['30 days', 30 * DAY],
  ['90 days', 90 * DAY],
  ['1 year', 365 * DAY],
  ['Never', null],
]
const DEFAULT_EXPIRY = 2

/** Creates a token and shows its secret while the dialog is open; the secret is stored nowhere else. */
export function NewTokenDialog({ onClose }: { onClose: () => void }) {
  const [token, setToken] = useState<CreatedToken>()
  return (
    <Dialog title={token ? `Token ${token.name}` : 'New token'} onClose={onClose}>
      {token ? <TokenCreated token={token} /> : <Form onCreated={setToken} />}
    </Dialog>
  )
}

function Form({ onCreated }: { onCreated: (token: CreatedToken) => void }) {
  const queries = useQueryClient()
  const id = useId()
  const [name, setName] = useState('')
  const [role, setRole] = useState<Role>('viewer')
  const [expiry, setExpiry] = useState(DEFAULT_EXPIRY)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<ApiError>()
  const submit = async () => {
    setBusy(true)
    try {
      const expires_in = EXPIRIES[expiry]?.[1] ?? null
      // Not a mutation, because the mutation cache would keep the secret.
      onCreated(await unwrap(api.POST('/api/tokens', { body: { name: name.trim(), role, expires_in } })))
      await queries.invalidateQueries({ queryKey: [QUERY_KEY.tokens] })
    } catch (error) {
      setBusy(false)
      setError(error as ApiError)
    }
  }
  const problem = error && (error.fields[0]?.message ?? error.message)
  return (
    <form
      className="mt-4 space-y-4"
      onSubmit={(event) => {
        event.preventDefault()
        void submit()
      }}
    >
      <div>
        <label htmlFor={id} className="text-sm font-medium">
          Name
        </label>
        <input
          id={id}
          autoFocus
          required
          autoComplete="off"
          spellCheck={false}
          placeholder="nightly-backup"
          value={name}
          onChange={(event) => setName(event.target.value)}
          aria-invalid={problem !== undefined}
          aria-describedby={`${id}-hint`}
          className="field mt-1 w-full"
        />
        <p id={`${id}-hint`} role={problem ? 'alert' : undefined} className={`mt-1 text-xs wrap-anywhere ${problem ? 'text-red-700 dark:text-red-400' : 'muted'}`}>
          {problem ?? 'The program or person that uses it.'}
        </p>
      </div>
      <fieldset>
        <legend className="text-sm font-medium">Role</legend>
        <div className="mt-1 divide-y rounded-lg border">
          {ROLES.map(([each, hasRole]) => (
            <label key={each} className="flex gap-3 border-inherit px-3 py-2.5">
              <input type="radio" name="role" checked={role === each} onChange={() => setRole(each)} className="mt-0.5 size-4 shrink-0 accent-indigo-600" />
              <span className="text-sm">
                <span className="font-medium">{each}</span>
                <span className="muted block">{hasRole}</span>
              </span>
            </label>
          ))}
        </div>
      </fieldset>
      <div>
        <label htmlFor={`${id}-expiry`} className="text-sm font-medium">
          Expiry
        </label>
        <select id={`${id}-expiry`} value={expiry} onChange={({ target }) => setExpiry(Number(target.value))} className="field mt-1 block w-full">
          {EXPIRIES.map(([text], index) => (
            <option key={text} value={index}>
              {text}
            </option>
          ))}
        </select>
      </div>
      <div className="flex justify-end gap-2">
        <Button size="normal" onClick={closeDialog}>
          Cancel
        </Button>
        <Button variant="primary" size="normal" type="submit" disabled={busy}>
          Create token
        </Button>
      </div>
    </form>
  )
}

function TokenCreated({ token: { token, role } }: { token: CreatedToken }) {
  return (
    <>
      <p className="muted mt-1 mb-4 text-sm">Copy it now. It is shown only once and cannot be retrieved later.</p>
      <Secret text={token} label="the token" />
      <p className="muted mt-4 text-sm">
        It has the {role} role. On the command line, use <code className="font-mono text-stone-900 dark:text-stone-100">queuectl login {location.origin}</code>; in
        programs, the header <code className="font-mono text-stone-900 dark:text-stone-100">Authorization: Bearer TOKEN</code>.
      </p>
      <div className="mt-5 flex justify-end">
        <Button variant="primary" size="normal" onClick={closeDialog}>
          I have copied it
        </Button>
      </div>
    </>
  )
}
