import { Link } from 'wouter'
import type { Queue } from '../../api/client'
import { useQueues } from '../../api/queries'
import { Button } from '../../components/Button'
import { Gauge } from '../../components/Gauge'
import { plural, formatNumber } from '../../components/numbers'
import { Sparkline } from '../../components/Sparkline'
import { LoadingOrError, EmptyState, CommandLine } from '../../components/Placeholders'
import { formatDuration } from '../../components/timeFormat'
import { useHasRole } from '../../session/session'
import { QueueCommands } from './QueueCommands'
import { ConcurrencyLimit } from './ConcurrencyLimit'
import { Locks } from './Locks'
import { useChangeQueue } from './useChangeQueue'
import { useDeleteQueue } from './useDeleteQueue'

/**
 * All queues with their depth and latency, and the locks in use. Admins can pause and resume them, set their concurrency limit and allowed
 * commands, and delete empty ones.
 */
export default function QueuesPage() {
  const { data, error, refetch } = useQueues()
  return (
    <div className="space-y-4">
      <h1 className="text-lg font-semibold">Queues</h1>
      {data && data.length > 0 ? (
        <ul className="grid gap-3 lg:grid-cols-2 2xl:grid-cols-3">
          {data.map((queue) => (
            <QueueCard key={queue.name} queue={queue} />
          ))}
        </ul>
      ) : (
        <div className="card">
          {data ? (
            <EmptyState title="No queues yet">
              <p>A queue is created with its first job:</p>
              <CommandLine>queuectl enqueue --queue media -- ffmpeg …</CommandLine>
            </EmptyState>
          ) : (
            <LoadingOrError error={error} onRetry={() => void refetch()} />
          )}
        </div>
      )}
      <Locks />
    </div>
  )
}

function QueueCard({ queue }: { queue: Queue }) {
  const change = useChangeQueue()
  const remove = useDeleteQueue()
  const hasRole = useHasRole()
  const { name, paused, concurrency_limit: limit, jobs, ready, slots, latency, oldest, completed } = queue
  const capacity = Math.min(limit ?? Infinity, Math.max(slots, jobs.processing))
  const ended = completed.reduce((sum, count) => sum + count, 0)
  const empty = Object.values(jobs).every((count) => count === 0)
  const later = jobs.pending + jobs.failed - ready
  return (
    <li className="card min-w-0 space-y-4 p-4" data-queue={name}>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <h2 className="min-w-0 flex-1 truncate font-medium">
          <Link href={`/jobs?q=${encodeURIComponent(`queue:${name}`)}`} className="hover:underline">
            {name}
          </Link>
        </h2>
        {paused && (
          <span className="rounded-full bg-amber-100 px-2 py-0.5 text-xs font-medium text-amber-950 dark:bg-amber-950 dark:text-amber-100">
            paused
          </span>
        )}
        {hasRole('admin') && (
          <Button
            aria-label={`${paused ? 'Resume' : 'Pause'} ${name}`}
            onClick={() => change.mutate({ name, change: { paused: !paused } })}
          >
            {paused ? 'Resume' : 'Pause'}
          </Button>
        )}
        {hasRole('admin') && empty && (
          <Button variant="danger" aria-label={`Delete ${name}`} onClick={() => void remove(name)}>
            Delete
          </Button>
        )}
      </div>
      <dl className="grid grid-cols-3 gap-3 text-sm">
        <div>
          <dt className="muted text-xs">Ready</dt>
          <dd className="text-xl font-semibold tabular-nums">{formatNumber(ready)}</dd>
          <dd className="muted text-xs tabular-nums">{later > 0 ? `${formatNumber(later)} scheduled` : ' '}</dd>
        </div>
        <div>
          <dt className="muted text-xs">Running</dt>
          <dd className="text-xl font-semibold tabular-nums">{formatNumber(jobs.processing)}</dd>
          <dd className="muted text-xs tabular-nums">{slots === 0 ? 'no worker serves it' : `of ${formatNumber(capacity)}`}</dd>
        </div>
        <div>
          <dt className="muted text-xs">Oldest waiting</dt>
          <dd className="text-xl font-semibold tabular-nums">{oldest ? formatDuration(latency) : '–'}</dd>
          <dd className="truncate text-xs">
            {oldest && (
              <Link href={`/jobs/${oldest}`} className="muted underline underline-offset-2">
                {oldest}
              </Link>
            )}
          </dd>
        </div>
      </dl>
      <Gauge used={jobs.processing} total={capacity} label={`Running jobs of ${name}`} />
      <div className="flex flex-wrap items-end justify-between gap-3">
        <div className="min-w-0">
          <Sparkline values={completed} label={`${name}: ${plural(ended, 'attempt')} ended in the last 5 minutes`} />
          <p className="muted mt-1 text-xs tabular-nums">{plural(ended, 'attempt')} ended in the last 5 minutes</p>
        </div>
        <ConcurrencyLimit queue={queue} onChange={change.mutate} />
      </div>
      {jobs.dead > 0 && (
        <Link
          href={`/dlq?q=${encodeURIComponent(`queue:${name}`)}`}
          className="block w-fit text-xs text-red-700 underline underline-offset-2 dark:text-red-400"
        >
          {plural(jobs.dead, 'dead job')}
        </Link>
      )}
      <QueueCommands queue={queue} onChange={change.mutate} />
    </li>
  )
}
