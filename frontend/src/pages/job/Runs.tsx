import { Link } from 'wouter'
import type { Run } from '../../api/client'
import { useRuns } from '../../api/queries'
import { STATE_COLOURS } from '../../components/StateBadge'
import { duration, exact } from '../../components/time'

/** How long earlier and later jobs with the same command took; this one stands out. */
export function Runs({ id }: { id: string }) {
  const runs = (useRuns(id).data ?? []).filter(({ seconds }) => seconds !== null)
  if (runs.length < 2) return null
  const longest = Math.max(0.001, ...runs.map(({ seconds }) => seconds ?? 0))
  return (
    <section aria-label="Runs of this command" className="card p-4">
      <div className="flex items-baseline justify-between gap-4">
        <h2 className="font-semibold">Runs of this command</h2>
        <p className="muted text-xs">up to {duration(longest)}</p>
      </div>
      <ol className="mt-3 flex h-24 items-stretch border-b">
        {runs.map((run) => (
          <li key={run.id} className="max-w-6 min-w-0 flex-1">
            <Bar run={run} share={(run.seconds ?? 0) / longest} here={run.id === id} />
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

function Bar({ run: { id, state, seconds, started_at }, share, here }: { run: Run; share: number; here: boolean }) {
  const text = `${id}: ${state}, ${duration(seconds ?? 0)}, ${exact(started_at)}${here ? ' (this one)' : ''}`
  return (
    <Link
      href={`/jobs/${id}`}
      title={text}
      aria-label={text}
      aria-current={here ? 'page' : undefined}
      className={`flex h-full items-end px-px hover:bg-stone-100 dark:hover:bg-stone-800 ${here ? 'bg-stone-200 dark:bg-stone-700' : ''}`}
    >
      <span style={{ height: `max(3px, ${share * 100}%)` }} className={`block w-full rounded-t-sm ${STATE_COLOURS[state]} ${here ? '' : 'opacity-70'}`} />
    </Link>
  )
}
