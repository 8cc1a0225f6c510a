import { useMutation } from '@tanstack/react-query'
import { useEffect, useRef, useState, type DragEvent } from 'react'
import { Link } from 'wouter'
import { ApiError, apiError, type Enqueued } from '../../api/client'
import { idempotencyKeys } from '../../api/idempotencyKeys'
import { Button, buttonClass } from '../../components/Button'
import { SubmitForm } from '../../components/SubmitForm'
import { formatBytes, plural, formatNumber } from '../../components/numbers'
import { escapeHidden } from '../../components/escapeHidden'
import { CONTENT_TYPES, problemFrom, type ParsedJobs, type Problem } from './parseJobs'
import { useParsedJobs } from './useParsedJobs'

const DEBOUNCE_MS = 200
const MAX_LINKS = 5
const FORMAT_NAMES = { json: 'JSON', ndjson: 'NDJSON', commands: 'one command per line' }

const EXAMPLE = `# One command per line…
gzip -k a.log
gzip -k b.log

…or JSON: an array, or one object per line, such as
{"command": "gzip -k a.log", "queue": "media"}`

/** Enqueues many jobs that were pasted or dropped. They are validated first; either all are enqueued or none. */
export function BatchForm() {
  const [text, setText] = useState('')
  const [file, setFile] = useState<File>()
  const input = useInput(text, file)
  const jobs = useParsedJobs(input)
  const [idempotencyKey] = useState(idempotencyKeys)
  const sent = useRef(false) // a ref, because the second of two quick key presses may come before the mutation's state is rendered
  const enqueue = useMutation({
    mutationFn: (jobs: ParsedJobs) => send(jobs, idempotencyKey(jobs)),
    onSettled: () => {
      sent.current = false
    },
  })
  const setSource = (next: { text?: string; file?: File }) => {
    enqueue.reset()
    setText(next.text ?? '')
    setFile(next.file)
  }
  const ready = jobs !== undefined && jobs.count > 0 && jobs.problemCount === 0 && !enqueue.isPending
  const submit = () => {
    if (!ready || sent.current) return
    sent.current = true
    const clear = () => {
      setText('')
      setFile(undefined)
    }
    enqueue.mutate(jobs, { onSuccess: clear })
  }
  const drop = (event: DragEvent) => {
    event.preventDefault()
    const dropped = event.dataTransfer.files[0]
    if (dropped) setSource({ file: dropped })
  }
  return (
    <SubmitForm
      aria-label="Batch"
      className="card p-4"
      onDragOver={(event) => event.preventDefault()}
      onDrop={drop}
      onSubmit={submit}
    >
      {file ? (
        <p className="flex items-center gap-4 rounded-lg border border-dashed border-stone-400 px-4 py-6 text-sm">
          <span className="min-w-0 wrap-anywhere">
            <span className="font-medium">{file.name}</span>, {formatBytes(file.size)}
          </span>
          <Button onClick={() => setSource({})}>Remove file</Button>
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
            onChange={(event) => setSource({ text: event.target.value })}
            className="field mt-1 w-full font-mono"
          />
          <p className="muted mt-1 text-xs">
            Paste here, drop a file, or{' '}
            <label className="cursor-pointer underline focus-within:outline-2 focus-within:outline-indigo-500">
              choose one
              <input
                type="file"
                className="sr-only"
                onChange={(event) => {
                  const chosen = event.target.files?.[0]
                  if (chosen) setSource({ file: chosen })
                }}
              />
            </label>
            . Either all jobs are enqueued or none.
          </p>
        </>
      )}
      <div className="mt-4 flex flex-wrap items-center gap-x-4 gap-y-2 text-sm">
        <Button variant="primary" size="normal" type="submit" title="Ctrl Enter" disabled={!ready}>
          {jobs && jobs.count > 0 ? `Enqueue ${plural(jobs.count, 'job')}` : 'Enqueue'}
        </Button>
        <p role="status" className="muted">
          {enqueue.isPending ? 'Sending…' : input && !jobs ? 'Checking…' : jobs && summary(jobs)}
        </p>
      </div>
      {jobs && jobs.problemCount > 0 && <Problems problems={jobs.problems} count={jobs.problemCount} />}
      {enqueue.error && <Problems problems={[problemFrom(enqueue.error.message)]} count={1} />}
      {enqueue.data && <EnqueuedJobs enqueued={enqueue.data} />}
      {jobs && jobs.preview.length > 0 && <Preview jobs={jobs} />}
    </SubmitForm>
  )
}

/** The pasted text or chosen file, debounced. */
function useInput(text: string, file: File | undefined): Blob | undefined {
  const [input, setInput] = useState<Blob>()
  useEffect(() => {
    const timer = setTimeout(() => setInput(file ?? (text.trim() ? new Blob([text]) : undefined)), file ? 0 : DEBOUNCE_MS)
    return () => clearTimeout(timer)
  }, [text, file])
  return input
}

/** Streams the body; the generated client would read it into memory. */
async function send({ format, body }: ParsedJobs, key: string): Promise<Enqueued> {
  const headers = { 'Content-Type': CONTENT_TYPES[format], 'Idempotency-Key': key }
  const response = await fetch('/api/jobs/batch', { method: 'POST', body, headers }).catch(() => {
    throw new ApiError('The API cannot be reached. You can safely send the jobs again: none is enqueued twice.', 0)
  })
  const content: unknown = await response.json().catch(() => undefined)
  if (!response.ok) throw apiError(response, content)
  return content as Enqueued
}

function summary({ format, count, problemCount }: ParsedJobs): string {
  if (count + problemCount === 0) return 'No jobs found.'
  return `${plural(count, 'job')} (${FORMAT_NAMES[format]})${problemCount > 0 ? `, ${plural(problemCount, 'problem')} to fix first` : ''}`
}

const positionText = ({ line, item }: Problem) => (line !== undefined ? `Line ${formatNumber(line)}` : item !== undefined ? `Item ${formatNumber(item)}` : '')

function Problems({ problems, count }: { problems: Problem[]; count: number }) {
  return (
    <div role="alert" className="mt-4 rounded-lg bg-red-50 px-4 py-3 text-sm text-red-900 dark:bg-red-950 dark:text-red-100">
      <ul className="space-y-1">
        {problems.map((problem, index) => (
          <li key={index} className="wrap-anywhere">
            {positionText(problem) && <span className="font-semibold">{positionText(problem)}: </span>}
            {problem.message}
          </li>
        ))}
      </ul>
      {count > problems.length && <p className="mt-1">and {formatNumber(count - problems.length)} more</p>}
    </div>
  )
}

function EnqueuedJobs({ enqueued: { count, ids, existing } }: { enqueued: Enqueued }) {
  return (
    <div role="status" className="mt-4 rounded-lg bg-emerald-50 px-4 py-3 text-sm text-emerald-950 dark:bg-emerald-950 dark:text-emerald-100">
      <p>
        {plural(count, 'job')} enqueued{existing.length > 0 && `, ${formatNumber(existing.length)} of which existed already (see their unique keys)`}:
      </p>
      <ul className="mt-1 flex flex-wrap items-center gap-x-4 gap-y-1">
        {ids.slice(0, MAX_LINKS).map((id) => (
          <li key={id}>
            <Link href={`/jobs/${id}`} className="font-mono underline">
              {id}
            </Link>
          </li>
        ))}
        {count > MAX_LINKS && (
          <li>
            <Link href="/jobs" className={buttonClass()}>
              Show all jobs
            </Link>
          </li>
        )}
      </ul>
    </div>
  )
}

function Preview({ jobs: { format, count, preview } }: { jobs: ParsedJobs }) {
  return (
    <div className="mt-4 overflow-x-auto rounded-lg border" tabIndex={0} role="region" aria-label="Preview">
      <table className="w-full text-sm">
        <thead className="muted text-left text-xs">
          <tr>
            <th scope="col" className="px-3 py-2 font-medium">
              {format === 'json' ? 'Item' : 'Line'}
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
          {preview.map(({ position: number, job: { command, queue, ...rest } }) => (
            <tr key={number} className="border-inherit align-top">
              <td className="muted px-3 py-1.5 tabular-nums">{formatNumber(number)}</td>
              <td className="max-w-[50vw] truncate px-3 py-1.5 font-mono text-xs leading-5" title={asText(command)}>
                {asText(command)}
              </td>
              <td className="px-3 py-1.5">{asText(queue ?? 'default')}</td>
              <td className="muted max-w-64 truncate px-3 py-1.5 text-xs leading-5">{Object.keys(rest).length > 0 && asText(rest)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {count > preview.length && <p className="muted border-t px-3 py-2 text-xs">and {formatNumber(count - preview.length)} more</p>}
    </div>
  )
}

const asText = (value: unknown) => escapeHidden(typeof value === 'string' ? value : JSON.stringify(value))
