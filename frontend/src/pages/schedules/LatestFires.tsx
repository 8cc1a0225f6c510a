import { Link } from 'wouter'
import type { Fire, Schedule } from '../../api/client'
import { fireText, OUTCOME_COLOURS, outcomeOf } from './fireText'
import { useLatestFires } from './useSchedules'

/** The latest fires of a schedule as bars, oldest first: tall ones enqueued a job and link to it, short ones did not. */
export function LatestFires({ schedule: { name, last } }: { schedule: Schedule }) {
  const fires = useLatestFires(name, last).data ?? []
  if (last === null) return <p className="muted text-xs">has not fired yet</p>
  return (
    <ol aria-label={`Latest fires of ${name}, oldest first`} className="flex h-6 items-end">
      {fires.map((fire) => (
        <li key={fire.scheduled_at}>
          <Bar fire={fire} />
        </li>
      ))}
    </ol>
  )
}

function Bar({ fire }: { fire: Fire }) {
  const text = fireText(fire)
  const bar = <span className={`block w-full rounded-sm ${OUTCOME_COLOURS[outcomeOf(fire)]} ${fire.outcome === 'enqueued' ? 'h-5' : 'h-2.5'}`} />
  const classes = 'flex h-6 w-2.5 items-end px-px'
  if (fire.job === null)
    return (
      <span role="img" aria-label={text} title={text} className={classes}>
        {bar}
      </span>
    )
  // Twenty links in each row would be too many stops of the Tab key; the page of the schedule has them as a list.
  return (
    <Link href={`/jobs/${encodeURIComponent(fire.job)}`} tabIndex={-1} aria-label={text} title={text} className={`${classes} rounded-sm hover:bg-stone-200 dark:hover:bg-stone-700`}>
      {bar}
    </Link>
  )
}
