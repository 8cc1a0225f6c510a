import { useQueryClient } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { api, ask, Refused, type CreatedToken, type Role } from '../../api/client'
import { KEY } from '../../api/queries'
import { Button } from '../../components/Button'
import { closeDialog, Dialog } from '../../components/Dialog'
import { Secret } from '../../components/Secret'

const ROLES: [Role, string][] = [
  ['viewer', 'Sees everything: jobs, output, settings.'],
  ['operator', 'Also enqueues, edits, cancels, retries and deletes jobs: runs commands.'],
  ['admin', 'Also settings, queues, workers, tokens, the audit log and backups.'],
]

const DAY = 86_400
const EXPIRIES: [string, number | null][] = [
  ['7 days', 7 * DAY],
  ['30 days', 30 * DAY],
  ['90 days', 90 * DAY],
  ['1 year', 365 * DAY],
  ['It does not expire', null],
]
const USUAL = 2

/** Makes a token, and shows its secret as long as this is open: nothing else keeps it. */
export function NewToken({ closed }: { closed: () => void }) {
  const [made, setMade] = useState<CreatedToken>()
  return (
    <Dialog title={made ? `The token ${made.name}` : 'New token'} closed={closed}>
      {made ? <Made token={made} /> : <Form made={setMade} />}
    </Dialog>
  )
}

function Form({ made }: { made: (token: CreatedToken) => void }) {
  const queries = useQueryClient()
  const id = useId()
  const [name, setName] = useState('')
  const [role, setRole] = useState<Role>('viewer')
  const [expiry, setExpiry] = useState(USUAL)
  const [busy, setBusy] = useState(false)
  const [refused, setRefused] = useState<Refused>()
  const submit = async () => {
    setBusy(true)
    try {
      const expires_in = EXPIRIES[expiry]?.[1] ?? null
      // Not by a mutation: those remember what they were answered.
      made(await ask(api.POST('/api/tokens', { body: { name: name.trim(), role, expires_in } })))
      await queries.invalidateQueries({ queryKey: [KEY.tokens] })
    } catch (refusal) {
      setBusy(false)
      setRefused(refusal as Refused)
    }
  }
  const wrong = refused && (refused.fields[0]?.message ?? refused.message)
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
          aria-invalid={wrong !== undefined}
          aria-describedby={`${id}-hint`}
          className="field mt-1 w-full"
        />
        <p id={`${id}-hint`} role={wrong ? 'alert' : undefined} className={`mt-1 text-xs wrap-anywhere ${wrong ? 'text-red-700 dark:text-red-400' : 'muted'}`}>
          {wrong ?? 'Of the program or person that will use it.'}
        </p>
      </div>
      <fieldset>
        <legend className="text-sm font-medium">Role</legend>
        <div className="mt-1 divide-y rounded-lg border">
          {ROLES.map(([each, may]) => (
            <label key={each} className="flex gap-3 border-inherit px-3 py-2.5">
              <input type="radio" name="role" checked={role === each} onChange={() => setRole(each)} className="mt-0.5 size-4 shrink-0 accent-indigo-600" />
              <span className="text-sm">
                <span className="font-medium">{each}</span>
                <span className="muted block">{may}</span>
              </span>
            </label>
          ))}
        </div>
      </fieldset>
      <div>
        <label htmlFor={`${id}-expiry`} className="text-sm font-medium">
          Expires after
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
        <Button kind="primary" size="normal" type="submit" disabled={busy}>
          Make the token
        </Button>
      </div>
    </form>
  )
}

function Made({ token: { token, role } }: { token: CreatedToken }) {
  return (
    <>
      <p className="muted mt-1 mb-4 text-sm">Copy it now: it is shown this once, and nobody can look it up later.</p>
      <Secret text={token} what="the token" />
      <p className="muted mt-4 text-sm">
        It signs in as {role}: a command line by <code className="font-mono text-stone-900 dark:text-stone-100">queuectl login {location.origin}</code>, a
        program by the header <code className="font-mono text-stone-900 dark:text-stone-100">Authorization: Bearer TOKEN</code>.
      </p>
      <div className="mt-5 flex justify-end">
        <Button kind="primary" size="normal" onClick={closeDialog}>
          I have copied it
        </Button>
      </div>
    </>
  )
}
