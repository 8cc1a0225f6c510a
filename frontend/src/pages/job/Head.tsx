import { lazy, Suspense, useState } from 'react'
import { Link, useLocation } from 'wouter'
import { allowed, useAction } from '../../api/actions'
import type { JobWithHistory, State } from '../../api/client'
import { useConfig } from '../../api/queries'
import { Button, buttonLook } from '../../components/Button'
import { Copy } from '../../components/Copy'
import { StateBadge } from '../../components/StateBadge'
import { visible } from '../../components/visible'
import { useMay } from '../../session/session'
import { Tail } from './Tail'

const Edit = lazy(() => import('./Edit'))

/** What a job is, how it is, and what can be done with it. `gone`: it is only remembered. */
export function Head({ job, gone }: { job: JobWithHistory; gone: boolean }) {
  const may = useMay()
  return (
    <section aria-label="Job" className="card p-4">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <span className="text-sm font-medium" data-state={job.state}>
          {gone ? 'deleted' : <StateBadge state={job.state} cancelling={job.cancelling} />}
        </span>
        <h1 className="min-w-0 font-mono text-sm wrap-anywhere">{job.id}</h1>
        <Copy text={job.id} what="the id" />
        {may('operator') && <Actions job={job} gone={gone} />}
      </div>
      <div className="mt-3 flex items-start gap-2">
        <pre
          tabIndex={0}
          aria-label="Command"
          className="max-h-60 min-w-0 flex-1 overflow-y-auto rounded-lg bg-stone-100 px-3 py-2 font-mono text-sm wrap-anywhere whitespace-pre-wrap dark:bg-stone-950"
        >
          {visible(job.command)}
        </pre>
        <Copy text={job.command} what="the command" />
      </div>
      {job.error && job.state !== 'completed' && (
        <p className="mt-3 text-sm wrap-anywhere text-red-700 dark:text-red-400">
          <span className="font-medium">{job.state === 'failed' || job.state === 'dead' ? 'Why it failed' : 'Latest error'}:</span> {visible(job.error)}
        </p>
      )}
      {job.error && job.output_tail && ENDED_BADLY.includes(job.state) && <Tail text={job.output_tail} />}
    </section>
  )
}

const ENDED_BADLY: State[] = ['failed', 'dead', 'cancelled']

function Actions({ job, gone }: { job: JobWithHistory; gone: boolean }) {
  const { act, isPending } = useAction()
  const config = useConfig().data ?? []
  const [, go] = useLocation()
  const [editing, setEditing] = useState(false)
  const waits = job.state === 'pending' || job.state === 'failed'
  return (
    <div className="ml-auto flex flex-wrap gap-2">
      {!gone && waits && <Button onClick={() => setEditing(true)}>Edit</Button>}
      {!gone && allowed('retry', job) && (
        <Button disabled={isPending} onClick={() => void act('retry', job)}>
          Retry
        </Button>
      )}
      {!gone && allowed('cancel', job) && (
        <Button disabled={isPending} onClick={() => void act('cancel', job)}>
          Cancel
        </Button>
      )}
      <Link href={`/enqueue?from=${encodeURIComponent(job.id)}`} className={buttonLook()}>
        Enqueue a copy
      </Link>
      {!gone && allowed('delete', job) && (
        <Button kind="danger" disabled={isPending} onClick={() => void act('delete', job, () => go('/jobs'))}>
          Delete
        </Button>
      )}
      <Suspense>{editing && <Edit job={job} config={config} close={() => setEditing(false)} />}</Suspense>
    </div>
  )
}
