import { Link, useLocation, useParams } from 'wouter'
import { ApiError, type Schedule } from '../../api/client'
import { escapeHidden } from '../../components/escapeHidden'
import { EmptyState, ErrorState, Loading } from '../../components/Placeholders'
import { Time } from '../../components/Time'
import { useHasRole } from '../../session/session'
import { History } from './History'
import { JobOfSchedule } from './JobOfSchedule'
import { NextTimes } from './NextTimes'
import { ScheduleActions } from './ScheduleActions'
import { ScheduleDetails } from './ScheduleDetails'
import { ScheduleRule } from './ScheduleRule'
import { ScheduleStateBadge } from './ScheduleStateBadge'
import { useSchedule } from './useSchedules'

/** One schedule: its next times, what became of the past ones, and the settings of its jobs. */
export default function SchedulePage() {
  const { name = '' } = useParams()
  const { data, error, refetch } = useSchedule(name)
  if (error instanceof ApiError && error.status === 404)
    return (
      <EmptyState title={`Schedule ${escapeHidden(name)} not found`}>
        <h1 className="sr-only">Schedule not found</h1>
        <p>It was deleted, or it never existed.</p>
        <Link href="/schedules" className="underline">
          Back to all schedules
        </Link>
      </EmptyState>
    )
  if (data) return <ScheduleView key={name} schedule={data} />
  return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Loading />
}

function ScheduleView({ schedule }: { schedule: Schedule }) {
  return (
    <div className="space-y-4">
      <Header schedule={schedule} />
      <div className="grid grid-cols-1 items-start gap-4 lg:grid-cols-[minmax(0,1fr)_22rem] lg:grid-rows-[auto_1fr] 3xl:grid-cols-[minmax(0,1fr)_28rem]">
        <JobOfSchedule job={schedule.job} />
        <div className="min-w-0 space-y-4 lg:col-start-2 lg:row-span-2 lg:row-start-1">
          <NextTimes schedule={schedule} />
          <ScheduleDetails schedule={schedule} />
        </div>
        <History name={schedule.name} />
      </div>
    </div>
  )
}

function Header({ schedule }: { schedule: Schedule }) {
  const hasRole = useHasRole()
  const [, go] = useLocation()
  const { name, next_at, pause_reason } = schedule
  return (
    <section aria-label="Schedule" data-schedule={name} className="card p-4">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <h1 className="min-w-0 text-lg font-semibold wrap-anywhere">{name}</h1>
        <ScheduleStateBadge schedule={schedule} />
        <p className="text-sm">
          <ScheduleRule schedule={schedule} />
        </p>
        {next_at !== null && (
          <p className="muted text-sm">
            next <Time at={next_at} />
          </p>
        )}
        {hasRole('operator') && (
          <div className="ml-auto">
            <ScheduleActions schedule={schedule} onDeleted={() => go('/schedules')} />
          </div>
        )}
      </div>
      {pause_reason !== null && <p className="mt-2 text-sm wrap-anywhere text-amber-800 dark:text-amber-300">Paused: {escapeHidden(pause_reason)}</p>}
    </section>
  )
}
