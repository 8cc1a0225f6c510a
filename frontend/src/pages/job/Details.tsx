import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { JobWithHistory } from '../../api/client'
import { escapeHidden } from '../../components/escapeHidden'
import { Time } from '../../components/Time'
import { formatDuration } from '../../components/timeFormat'
import { FIELDS, valueOf, type JobField, type ShowKind } from '../../jobs/fields'
import { limitsSummary } from '../../jobs/limitsSummary'
import { lockText } from '../../jobs/lockText'
import { StateBadge } from '../../jobs/StateBadge'

/** The fields of a job, and its environment. */
export function Details({ job }: { job: JobWithHistory }) {
  const variables = Object.entries(job.env)
  return (
    <section aria-label="Details" className="card p-4">
      <h2 className="font-semibold">Details</h2>
      <dl className="mt-3 grid grid-cols-[auto_minmax(0,1fr)] gap-x-6 gap-y-2 text-sm">
        {FIELDS.filter(({ detail }) => detail).map((field) => (
          <Item key={field.key} field={field} job={job} />
        ))}
      </dl>
      {variables.length > 0 && (
        <details className="mt-4 text-sm" open={variables.length <= 5}>
          <summary className="font-medium">Environment ({variables.length})</summary>
          <pre className="mt-2 overflow-x-auto rounded-lg bg-stone-100 p-3 font-mono text-xs dark:bg-stone-950" tabIndex={0}>
            {variables.map(([name, value]) => `${name}=${escapeHidden(value)}`).join('\n')}
          </pre>
        </details>
      )}
    </section>
  )
}

function Item({ field: { key, label, show = 'text', ifEmpty }, job }: { field: JobField; job: JobWithHistory }) {
  const content = CONTENT[show](job, key) ?? ifEmpty
  if (content === undefined) return null
  return (
    <>
      <dt className="muted">{label}</dt>
      <dd className="wrap-anywhere">{content}</dd>
    </>
  )
}

const search = (query: string) => `/jobs?q=${encodeURIComponent(query)}`

/** The content of an item, by how the field is shown; undefined if it is empty. */
const CONTENT: Record<ShowKind, (job: JobWithHistory, key: string) => ReactNode> = {
  text,
  code: (job, key) => {
    const content = text(job, key)
    return content && <code className="font-mono">{content}</code>
  },
  duration: (job, key) => {
    const seconds = valueOf(job, key) as number | null
    return seconds === null ? undefined : formatDuration(seconds)
  },
  time: (job, key) => time(valueOf(job, key) as string | null),
  yesNo: (job, key) => (valueOf(job, key) ? 'yes' : 'no'),
  command: ({ command }) => <code className="font-mono">{escapeHidden(command)}</code>,
  state: ({ state, cancelling }) => <StateBadge state={state} cancelling={cancelling} />,
  attempts: ({ attempts, max_retries }) => `${attempts} of ${max_retries + 1}`,
  queue: ({ queue }) => (
    <Link href={search(`queue:${queue}`)} className="underline underline-offset-2">
      {queue}
    </Link>
  ),
  schedule: ({ schedule }) =>
    schedule && (
      <Link href={`/schedules/${encodeURIComponent(schedule)}`} className="underline underline-offset-2">
        {schedule}
      </Link>
    ),
  tags: ({ tags }) => (tags.length > 0 ? <Tags tags={tags} /> : undefined),
  worker: ({ worker }) => worker ?? undefined,
  backoff: ({ backoff_base }) => (
    <>
      {backoff_base}
      <sup>n</sup> seconds after attempt n
    </>
  ),
  limits: ({ limits }) => limitsSummary(limits),
  lock: ({ lock }) => lock && <code className="font-mono">{lockText(lock)}</code>,
  waitTime: () => undefined,
  runTime: () => undefined,
  result: () => undefined,
  nextAttempt: ({ state, next_run_at }) => (state === 'pending' || state === 'failed' ? time(next_run_at) : undefined),
}

function text(job: JobWithHistory, key: string): string | undefined {
  const value = valueOf(job, key) as string | number | null
  return value === null || value === '' ? undefined : escapeHidden(String(value))
}

const time = (at: string | null) => (at === null ? undefined : <Time at={at} />)

function Tags({ tags }: { tags: string[] }) {
  return (
    <span className="flex flex-wrap gap-1.5">
      {tags.map((tag) => (
        <Link key={tag} href={search(`tag:${tag}`)} className="rounded-full bg-stone-200 px-2 text-xs leading-5 hover:bg-stone-300 dark:bg-stone-800 dark:hover:bg-stone-700">
          {tag}
        </Link>
      ))}
    </span>
  )
}
