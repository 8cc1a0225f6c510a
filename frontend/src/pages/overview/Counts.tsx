import { Link } from 'wouter'
import { STATES } from '../../api/client'
import { useStatus } from '../../api/queries'
import { formatNumber } from '../../components/numbers'
import { STATE_COLOURS } from '../../jobs/StateBadge'

const TILE = 'card flex flex-col px-3 py-3 hover:border-indigo-400 sm:px-4 dark:hover:border-indigo-500'

/** The number of workers, and of jobs per state, each with a link. */
export function Counts() {
  const { data, error } = useStatus()
  return (
    <section aria-label="Job counts" className="grid grid-cols-2 gap-2 sm:grid-cols-4 sm:gap-3 lg:grid-cols-7">
      <Link href="/workers" className={`${TILE} max-sm:col-span-2`}>
        <span className="muted text-xs">Workers</span>
        <span className="mt-1 text-2xl font-semibold tabular-nums" data-testid="workers">
          {data?.workers ?? '–'}
        </span>
        <span className="muted text-xs tabular-nums">
          {data ? `${data.busy} of ${data.slots} slots busy` : (error?.message ?? ' ')}
        </span>
      </Link>
      {STATES.map((state) => (
        <Link key={state} href={state === 'dead' ? '/dlq' : `/jobs?q=state:${state}`} className={TILE}>
          <span className="muted flex items-center gap-1.5 text-xs capitalize">
            <span className={`size-2 rounded-full ${STATE_COLOURS[state]}`} />
            {state}
          </span>
          <span className="mt-1 text-2xl font-semibold tabular-nums" data-testid={`count-${state}`}>
            {data ? formatNumber(data.jobs[state]) : '–'}
          </span>
        </Link>
      ))}
    </section>
  )
}
