import { Link } from 'wouter'
import type { Schedule } from '../../api/client'
import { escapeHidden } from '../../components/escapeHidden'
import { Time } from '../../components/Time'
import { useHasRole } from '../../session/session'
import { LatestFires } from './LatestFires'
import { ScheduleActions } from './ScheduleActions'
import { ScheduleRule } from './ScheduleRule'
import { ScheduleStateBadge } from './ScheduleStateBadge'

const MAX_COMMAND = 500

/** A schedule in the list. */
export function ScheduleRow({ schedule }: { schedule: Schedule }) {
  const canChange = useHasRole()('operator')
  const { name, job, next_at, pause_reason } = schedule
  const command = escapeHidden(job.command.slice(0, MAX_COMMAND))
  return (
    <li
      data-schedule={name}
      className={`grid gap-x-5 gap-y-2 px-4 py-3 text-sm sm:grid-cols-2 xl:items-center ${canChange ? 'xl:grid-cols-[minmax(0,1fr)_minmax(0,1.3fr)_6rem_12.5rem_17.5rem]' : 'xl:grid-cols-[minmax(0,1fr)_minmax(0,1.3fr)_6rem_12.5rem]'}`}
    >
      <div className="min-w-0">
        <div className="flex items-center gap-2">
          <h2 className="min-w-0 truncate font-medium">
            <Link href={`/schedules/${encodeURIComponent(name)}`} data-open="" title={name} className="hover:underline">
              {name}
            </Link>
          </h2>
          <ScheduleStateBadge schedule={schedule} />
        </div>
        <p className="truncate text-xs">
          <ScheduleRule schedule={schedule} />
        </p>
        {pause_reason !== null && <p className="text-xs wrap-anywhere text-amber-800 dark:text-amber-300">{escapeHidden(pause_reason)}</p>}
      </div>
      <div className="min-w-0">
        <p className="truncate font-mono text-[13px]" title={command}>
          {command}
        </p>
        <p className="muted truncate text-xs">queue {job.queue ?? 'default'}</p>
      </div>
      <div className="text-xs">
        <span className="muted xl:block">next </span>
        {next_at === null ? '–' : <Time at={next_at} />}
      </div>
      <LatestFires schedule={schedule} />
      {canChange && <ScheduleActions schedule={schedule} />}
    </li>
  )
}
