import { Link } from 'wouter'
import type { Run } from '../../api/client'
import { useRuns } from '../../api/queries'
import { STATE_COLOURS } from '../../jobs/StateBadge'
import { formatDuration, formatExact } from '../../components/timeFormat'

/** Run times of jobs with the same command; this job is highlighted. */
export function CommandRuns({ id }: { id: string }) {
  const runs = (useRuns(id).data ?? []).filter(({ seconds }) => seconds !== null)
  if (runs.length < 2) return null
  const longest = Math.max(0.001, ...runs.map(({ seconds }) => seconds ?? 0))
  return (
    <section aria-label="Runs of this command" className="card p-4">
      <div className="flex items-baseline justify-between gap-4">
        <h2 className="font-semibold">Runs of this command</h2>
        <p className="muted text-xs">longest: {formatDuration(longest)}</p>
      </div>
      <ol className="mt-3 flex h-24 items-stretch border-b">
        {runs.map((run) => (
          <li key={run.id} className="max-w-6 min-w-0 flex-1">
            <Bar run={run} fraction={(run.seconds ?? 0) / longest} current={run.id === id} />
          </li>
        ))}
      </ol>
      <p className="muted mt-1.5 flex justify-between text-xs">
        <span>oldest</span>
        <span>latest</span>
      </p>
    </section>
  )
}

function Bar({ run: { id, state, seconds, started_at }, fraction, current }: { run: Run; fraction: number; current: boolean }) {
  const text = `${id}: ${state}, ${formatDuration(seconds ?? 0)}, ${formatExact(started_at)}${current ? ' (this one)' : ''}`
  return (
    <Link
      href={`/jobs/${id}`}
      title={text}
      aria-label={text}
      aria-current={current ? 'page' : undefined}
      className={`flex h-full items-end px-px hover:bg-stone-100 dark:hover:bg-stone-800 ${current ? 'bg-stone-200 dark:bg-stone-700' : ''}`}
    >
      <span style={{ height: `max(3px, ${fraction * 100}%)` }} className={`block w-full rounded-t-sm ${STATE_COLOURS[state]} ${current ? '' : 'opacity-70'}`} />
    </Link>
  )
}
