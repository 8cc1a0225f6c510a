import { useMutation } from '@tanstack/react-query'
import { useEffect, useState, type DragEvent } from 'react'
import { Link } from 'wouter'
import { Refused, refusal, type Enqueued } from '../../api/client'
import { Button, buttonLook } from '../../components/Button'
import { bytes, many, whole } from '../../components/numbers'
import { visible } from '../../components/visible'
import { CONTENT_TYPES, troubleOf, type Jobs, type Trouble } from './jobsIn'
import { useJobsIn } from './useJobsIn'

const PAUSE_MS = 200
const LINKS = 5
const KINDS = { json: 'JSON', ndjson: 'JSON, a job a line', commands: 'a command a line' }

const EXAMPLE = `# One command a line…
gzip -k a.log
gzip -k b.log

…or JSON: an array, or an object a line, as in
{"command": "gzip -k a.log", "queue": "media"}`

/** Many jobs at once, pasted or dropped. They are looked through before they are sent: all are taken, or none. */
export function Many() {
  const [text, setText] = useState('')
  const [file, setFile] = useState<File>()
  const given = useGiven(text, file)
  const jobs = useJobsIn(given)
  const enqueue = useMutation({ mutationFn: send })
  const begin = (next: { text?: string; file?: File }) => {
    enqueue.reset()
    setText(next.text ?? '')
    setFile(next.file)
  }
  const ready = jobs !== undefined && jobs.count > 0 && jobs.troubled === 0 && !enqueue.isPending
  const submit = () => {
    if (!ready) return
    const empty = () => {
      setText('')
      setFile(undefined)
    }
    enqueue.mutate(jobs, { onSuccess: empty })
  }
  const drop = (event: DragEvent) => {
    event.preventDefault()
    const dropped = event.dataTransfer.files[0]
    if (dropped) begin({ file: dropped })
  }
  return (
    <form
      aria-label="Many jobs"
      className="card p-4"
      onDragOver={(event) => event.preventDefault()}
      onDrop={drop}
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
        event.preventDefault()
        submit()
      }}
    >
      {file ? (
        <p className="flex items-center gap-4 rounded-lg border border-dashed border-stone-400 px-4 py-6 text-sm">
          <span className="min-w-0 wrap-anywhere">
            <span className="font-medium">{file.name}</span>, {bytes(file.size)}
          </span>
          <Button onClick={() => begin({})}>Take it away</Button>
        </p>
      ) : (
        <>
          <label htmlFor="jobs" className="text-sm font-medium">
            Commands or JSON
          </label>
          <textarea
            id="jobs"
            rows={10}
            value={text}
            placeholder={EXAMPLE}
            spellCheck={false}
            onChange={(event) => begin({ text: event.target.value })}
            className="field mt-1 w-full font-mono"
          />
          <p className="muted mt-1 text-xs">
            Paste it here, or drop a file, or{' '}
            <label className="cursor-pointer underline focus-within:outline-2 focus-within:outline-indigo-500">
              choose one
              <input
                type="file"
                className="sr-only"
                onChange={(event) => {
                  const chosen = event.target.files?.[0]
                  if (chosen) begin({ file: chosen })
                }}
              />
            </label>
            . All of it is taken, or nothing.
          </p>
        </>
      )}
      <div className="mt-4 flex flex-wrap items-center gap-x-4 gap-y-2 text-sm">
        <Button kind="primary" size="normal" type="submit" title="Ctrl Enter" disabled={!ready}>
          {jobs && jobs.count > 0 ? `Enqueue ${many(jobs.count, 'job')}` : 'Enqueue'}
        </Button>
        <p role="status" className="muted">
          {enqueue.isPending ? 'Sending…' : given && !jobs ? 'Looking through it…' : jobs && summary(jobs)}
        </p>
      </div>
      {jobs && jobs.troubled > 0 && <Troubles troubles={jobs.troubles} count={jobs.troubled} />}
      {enqueue.error && <Troubles troubles={[troubleOf(enqueue.error.message)]} count={1} />}
      {enqueue.data && <Done enqueued={enqueue.data} />}
      {jobs && jobs.shown.length > 0 && <Preview jobs={jobs} />}
    </form>
  )
}

/** What was given, once nothing has been typed for a moment. */
function useGiven(text: string, file: File | undefined): Blob | undefined {
  const [given, setGiven] = useState<Blob>()
  useEffect(() => {
    const timer = setTimeout(() => setGiven(file ?? (text.trim() ? new Blob([text]) : undefined)), file ? 0 : PAUSE_MS)
    return () => clearTimeout(timer)
  }, [text, file])
  return given
}

/** Streams the body as it is; the generated client would read it into memory. */
async function send({ kind, body }: Jobs): Promise<Enqueued> {
  const answer = await fetch('/api/jobs/batch', { method: 'POST', body, headers: { 'Content-Type': CONTENT_TYPES[kind] } }).catch(() => {
    throw new Refused('The API cannot be reached: nothing was enqueued.', 0)
  })
  const read: unknown = await answer.json().catch(() => undefined)
  if (!answer.ok) throw refusal(answer.status, read)
  return read as Enqueued
}

function summary({ kind, count, troubled }: Jobs): string {
  if (count + troubled === 0) return 'There is no job in it.'
  return `${many(count, 'job')} (${KINDS[kind]})${troubled > 0 ? `, and ${many(troubled, 'problem')} to mend first` : ''}`
}

const place = ({ line, item }: Trouble) => (line !== undefined ? `Line ${whole(line)}` : item !== undefined ? `Item ${whole(item)}` : '')

function Troubles({ troubles, count }: { troubles: Trouble[]; count: number }) {
  return (
    <div role="alert" className="mt-4 rounded-lg bg-red-50 px-4 py-3 text-sm text-red-900 dark:bg-red-950 dark:text-red-100">
      <ul className="space-y-1">
        {troubles.map((trouble, index) => (
          <li key={index} className="wrap-anywhere">
            {place(trouble) && <span className="font-semibold">{place(trouble)}: </span>}
            {trouble.message}
          </li>
        ))}
      </ul>
      {count > troubles.length && <p className="mt-1">and {whole(count - troubles.length)} more</p>}
    </div>
  )
}

function Done({ enqueued: { count, ids } }: { enqueued: Enqueued }) {
  return (
    <div role="status" className="mt-4 rounded-lg bg-emerald-50 px-4 py-3 text-sm text-emerald-950 dark:bg-emerald-950 dark:text-emerald-100">
      <p>{count === 1 ? 'The job is' : `All ${whole(count)} jobs are`} in the queue:</p>
      <ul className="mt-1 flex flex-wrap items-center gap-x-4 gap-y-1">
        {ids.slice(0, LINKS).map((id) => (
          <li key={id}>
            <Link href={`/jobs/${id}`} className="font-mono underline">
              {id}
            </Link>
          </li>
        ))}
        {count > LINKS && (
          <li>
            <Link href="/jobs" className={buttonLook()}>
              See all jobs
            </Link>
          </li>
        )}
      </ul>
    </div>
  )
}

function Preview({ jobs: { kind, count, shown } }: { jobs: Jobs }) {
  return (
    <div className="mt-4 overflow-x-auto rounded-lg border" tabIndex={0} role="region" aria-label="Preview">
      <table className="w-full text-sm">
        <thead className="muted text-left text-xs">
          <tr>
            <th scope="col" className="px-3 py-2 font-medium">
              {kind === 'json' ? 'Item' : 'Line'}
            </th>
            <th scope="col" className="px-3 py-2 font-medium">
              Command
            </th>
            <th scope="col" className="px-3 py-2 font-medium">
              Queue
            </th>
            <th scope="col" className="px-3 py-2 font-medium">
              Other fields
            </th>
          </tr>
        </thead>
        <tbody className="divide-y">
          {shown.map(({ place: number, job: { command, queue, ...rest } }) => (
            <tr key={number} className="border-inherit align-top">
              <td className="muted px-3 py-1.5 tabular-nums">{whole(number)}</td>
              <td className="max-w-[50vw] truncate px-3 py-1.5 font-mono text-xs leading-5" title={shownAs(command)}>
                {shownAs(command)}
              </td>
              <td className="px-3 py-1.5">{shownAs(queue ?? 'default')}</td>
              <td className="muted max-w-64 truncate px-3 py-1.5 text-xs leading-5">{Object.keys(rest).length > 0 && shownAs(rest)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {count > shown.length && <p className="muted border-t px-3 py-2 text-xs">and {whole(count - shown.length)} more</p>}
    </div>
  )
}

const shownAs = (value: unknown) => visible(typeof value === 'string' ? value : JSON.stringify(value))
