import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { JobWithHistory } from '../../api/client'
import { limitsText } from '../../components/job/fields'
import { many } from '../../components/numbers'
import { Time } from '../../components/Time'
import { duration } from '../../components/time'
import { visible } from '../../components/visible'

/** What an attempt may use, by its own limits or the config's. */
function limits(job: JobWithHistory): string {
  const { memory, processes, cpu, file_size: file } = limitsText(job.limits)
  const said = [
    memory && `${memory} of memory`,
    processes && many(Number(processes), 'process', 'processes'),
    cpu && `${duration(Number(cpu))} of CPU time`,
    file && `${file} a file`,
  ]
  return said.filter(Boolean).join(', ') || 'none'
}

const search = (query: string) => `/jobs?q=${encodeURIComponent(query)}`

/** All that was said of a job, and when what happened to it. */
export function Settings({ job }: { job: JobWithHistory }) {
  const variables = Object.entries(job.env)
  return (
    <section aria-label="Settings" className="card p-4">
      <h2 className="font-semibold">Settings</h2>
      <dl className="mt-3 grid grid-cols-[auto_minmax(0,1fr)] gap-x-6 gap-y-2 text-sm">
        <Item name="Queue">
          <Link href={search(`queue:${job.queue}`)} className="underline underline-offset-2">
            {job.queue}
          </Link>
        </Item>
        <Item name="Priority">{job.priority}</Item>
        {job.tags.length > 0 && (
          <Item name="Tags">
            <span className="flex flex-wrap gap-1.5">
              {job.tags.map((tag) => (
                <Link key={tag} href={search(`tag:${tag}`)} className="rounded-full bg-stone-200 px-2 text-xs leading-5 hover:bg-stone-300 dark:bg-stone-800 dark:hover:bg-stone-700">
                  {tag}
                </Link>
              ))}
            </span>
          </Item>
        )}
        <Item name="Attempts">
          {job.attempts} of {job.max_retries + 1}
        </Item>
        <Item name="Backoff">
          {job.backoff_base}
          <sup>n</sup> seconds after attempt n
        </Item>
        <Item name="Timeout">{job.timeout === null ? 'none' : duration(job.timeout)}</Item>
        <Item name="Directory">{job.cwd ? <code className="font-mono wrap-anywhere">{visible(job.cwd)}</code> : 'the worker’s own'}</Item>
        <Item name="Limits">{limits(job)}</Item>
        <Item name="Sandbox">{job.sandbox ? 'yes' : 'no'}</Item>
        {job.worker && <Item name="Worker">{job.worker}</Item>}
        <Moment name="Enqueued" at={job.created_at} />
        <Moment name="Run at" at={job.run_at} />
        <Moment name="Started" at={job.started_at} />
        <Moment name="Finished" at={job.finished_at} />
        <Moment name="Next attempt" at={job.state === 'pending' || job.state === 'failed' ? job.next_run_at : null} />
        <Moment name="Changed" at={job.updated_at} />
      </dl>
      {variables.length > 0 && (
        <details className="mt-4 text-sm" open={variables.length <= 5}>
          <summary className="font-medium">Environment ({variables.length})</summary>
          <pre className="mt-2 overflow-x-auto rounded-lg bg-stone-100 p-3 font-mono text-xs dark:bg-stone-950" tabIndex={0}>
            {variables.map(([name, value]) => `${name}=${visible(value)}`).join('\n')}
          </pre>
        </details>
      )}
    </section>
  )
}

function Item({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="muted">{name}</dt>
      <dd className="wrap-anywhere">{children}</dd>
    </>
  )
}

const Moment = ({ name, at }: { name: string; at: string | null }) =>
  at && (
    <Item name={name}>
      <Time at={at} />
    </Item>
  )
