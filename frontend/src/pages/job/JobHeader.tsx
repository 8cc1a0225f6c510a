import { lazy, Suspense, useState } from 'react'
import { Link, useLocation } from 'wouter'
import { isAllowed, useAction, useRerun } from '../../jobs/useJobActions'
import type { JobWithHistory, State } from '../../api/client'
import { useConfig } from '../../api/queries'
import { Button, buttonClass } from '../../components/Button'
import { CopyButton } from '../../components/CopyButton'
import { importWithRetry } from '../../components/importWithRetry'
import { DialogFallback } from '../../components/DialogFallback'
import { Command } from '../../jobs/Command'
import { StateBadge } from '../../jobs/StateBadge'
import { Time } from '../../components/Time'
import { escapeHidden } from '../../components/escapeHidden'
import { useHasRole } from '../../session/session'
import { OutputTail } from './OutputTail'

const Edit = lazy(() => importWithRetry(() => import('./EditDialog')))

/** The state and command of a job, and its actions. `deleted`: the job no longer exists. */
export function JobHeader({ job, deleted }: { job: JobWithHistory; deleted: boolean }) {
  const hasRole = useHasRole()
  return (
    <section aria-label="Job" className="card p-4">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <span className="text-sm font-medium" data-state={job.state}>
          {deleted ? 'deleted' : <StateBadge state={job.state} cancelling={job.cancelling} />}
        </span>
        <h1 className="min-w-0 font-mono text-sm wrap-anywhere">{job.id}</h1>
        <CopyButton text={job.id} label="the ID" />
        {hasRole('operator') && <Actions job={job} deleted={deleted} />}
      </div>
      <Command command={job.command} />
      {job.error && job.state !== 'completed' && (
        <p className="mt-3 text-sm wrap-anywhere text-red-700 dark:text-red-400">
          <span className="font-medium">{job.state === 'failed' || job.state === 'dead' ? 'Error' : 'Latest error'}:</span> {escapeHidden(job.error)}
        </p>
      )}
      {job.waiting_for && (
        <p className="mt-3 text-sm wrap-anywhere">
          <span className="font-medium">Waiting:</span>{' '}
          {job.waiting_for.until === null ? escapeHidden(job.waiting_for.detail) : <>due <Time at={job.waiting_for.until} /></>}
        </p>
      )}
      {job.error && job.output_tail && ENDED_BADLY.includes(job.state) && <OutputTail text={job.output_tail} />}
    </section>
  )
}

const ENDED: State[] = ['completed', 'dead', 'cancelled']
const ENDED_BADLY: State[] = ['failed', 'dead', 'cancelled']

function Actions({ job, deleted }: { job: JobWithHistory; deleted: boolean }) {
  const { act, isPending } = useAction()
  const config = useConfig().data ?? []
  const [, go] = useLocation()
  const rerun = useRerun((id) => go(`/jobs/${encodeURIComponent(id)}`))
  const [editing, setEditing] = useState(false)
  const waits = job.state === 'pending' || job.state === 'failed'
  return (
    <div className="ml-auto flex flex-wrap gap-2">
      {!deleted && waits && <Button onClick={() => setEditing(true)}>Edit</Button>}
      {!deleted && isAllowed('retry', job) && (
        <Button disabled={isPending} onClick={() => void act('retry', job)}>
          Retry
        </Button>
      )}
      {!deleted && ENDED.includes(job.state) && (
        <Button disabled={rerun.isPending} onClick={() => rerun.mutate(job.id)}>
          Rerun
        </Button>
      )}
      {!deleted && isAllowed('cancel', job) && (
        <Button disabled={isPending} onClick={() => void act('cancel', job)}>
          Cancel
        </Button>
      )}
      <Link href={`/enqueue?from=${encodeURIComponent(job.id)}`} className={buttonClass()}>
        Enqueue a copy
      </Link>
      {!deleted && isAllowed('delete', job) && (
        <Button variant="danger" disabled={isPending} onClick={() => void act('delete', job, () => go('/jobs'))}>
          Delete
        </Button>
      )}
      <Suspense fallback={<DialogFallback onClose={() => setEditing(false)} />}>{editing && <Edit job={job} config={config} close={() => setEditing(false)} />}</Suspense>
    </div>
  )
}
