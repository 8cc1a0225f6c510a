import { Link } from 'wouter'
import type { Queue } from '../../api/client'
import { useQueues } from '../../api/queries'
import { Button } from '../../components/Button'
import { Gauge } from '../../components/Gauge'
import { many, whole } from '../../components/numbers'
import { Sparkline } from '../../components/Sparkline'
import { Awaited, Empty, Typed } from '../../components/States'
import { duration } from '../../components/time'
import { useMay } from '../../session/session'
import { Commands } from './Commands'
import { Limit } from './Limit'
import { useChangeQueue } from './useChangeQueue'

/** Each queue: how much waits and for how long, how much of it runs; pause, resume, limit, and say which commands it takes. */
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
            <Empty title="No queue yet">
              <p>A queue comes into being with its first job:</p>
              <Typed>queuectl enqueue --queue media -- ffmpeg …</Typed>
            </Empty>
          ) : (
            <Awaited error={error} again={() => void refetch()} />
          )}
        </div>
      )}
    </div>
  )
}

function QueueCard({ queue }: { queue: Queue }) {
  const change = useChangeQueue()
  const may = useMay()
  const { name, paused, concurrency_limit: limit, jobs, ready, slots, latency, oldest, completed } = queue
  const room = Math.min(limit ?? Infinity, Math.max(slots, jobs.processing))
  const ended = completed.reduce((sum, count) => sum + count, 0)
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
        {may('admin') && (
          <Button
            aria-label={`${paused ? 'Resume' : 'Pause'} ${name}`}
            onClick={() => change.mutate({ name, change: { paused: !paused } })}
          >
            {paused ? 'Resume' : 'Pause'}
          </Button>
        )}
      </div>
      <dl className="grid grid-cols-3 gap-3 text-sm">
        <div>
          <dt className="muted text-xs">Ready</dt>
          <dd className="text-xl font-semibold tabular-nums">{whole(ready)}</dd>
          <dd className="muted text-xs tabular-nums">{later > 0 ? `${whole(later)} due later` : ' '}</dd>
        </div>
        <div>
          <dt className="muted text-xs">Running</dt>
          <dd className="text-xl font-semibold tabular-nums">{whole(jobs.processing)}</dd>
          <dd className="muted text-xs tabular-nums">{slots === 0 ? 'no worker takes from it' : `of ${whole(room)}`}</dd>
        </div>
        <div>
          <dt className="muted text-xs">Oldest waits</dt>
          <dd className="text-xl font-semibold tabular-nums">{oldest ? duration(latency) : '–'}</dd>
          <dd className="truncate text-xs">
            {oldest && (
              <Link href={`/jobs/${oldest}`} className="muted underline underline-offset-2">
                {oldest}
              </Link>
            )}
          </dd>
        </div>
      </dl>
      <Gauge used={jobs.processing} of={room} label={`Running jobs of ${name}`} />
      <div className="flex flex-wrap items-end justify-between gap-3">
        <div className="min-w-0">
          <Sparkline values={completed} label={`${name}: ${many(ended, 'attempt')} ended in the last 5 minutes`} />
          <p className="muted mt-1 text-xs tabular-nums">{many(ended, 'attempt')} ended in 5 minutes</p>
        </div>
        <Limit queue={queue} change={change.mutate} />
      </div>
      {jobs.dead > 0 && (
        <Link
          href={`/dlq?q=${encodeURIComponent(`queue:${name}`)}`}
          className="block w-fit text-xs text-red-700 underline underline-offset-2 dark:text-red-400"
        >
          {many(jobs.dead, 'dead job')}
        </Link>
      )}
      <Commands queue={queue} change={change.mutate} />
    </li>
  )
}
