import { lazy, Suspense, useRef } from 'react'
import { Link, useLocation, useSearchParams } from 'wouter'
import { buttonClass } from '../../components/Button'
import { DialogFallback } from '../../components/DialogFallback'
import { importWithRetry } from '../../components/importWithRetry'
import { NextPage } from '../../components/NextPage'
import { CommandLine, EmptyState, LoadingOrError } from '../../components/Placeholders'
import { useCursor } from '../../components/useCursor'
import { useHasRole } from '../../session/session'
import { NEW_SCHEDULE } from '../../shell/pages'
import { useShortcuts } from '../../shell/shortcuts'
import { ScheduleRow } from './ScheduleRow'
import { useSchedules } from './useSchedules'

const ScheduleDialog = lazy(() => importWithRetry(() => import('./ScheduleDialog')))

/** All schedules with their next time and latest fires; `?new` opens the dialog for a new one. */
export default function SchedulesPage() {
  const pages = useSchedules()
  const { data, error, refetch } = pages
  const schedules = data?.pages.flatMap(({ items }) => items) ?? []
  const canChange = useHasRole()('operator')
  const [search] = useSearchParams()
  const [, go] = useLocation()
  const list = useRef<HTMLUListElement>(null)
  const cursor = useCursor(schedules, ({ name }) => name)
  const move = (step: number) => {
    const index = cursor.move(step)
    if (index !== undefined) list.current?.children[index]?.querySelector<HTMLElement>('[data-open]')?.focus()
  }
  useShortcuts({ j: () => move(1), k: () => move(-1) })
  const close = () => go('/schedules', { replace: true })
  return (
    <div className="space-y-4">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <h1 className="text-lg font-semibold">Schedules</h1>
        {canChange && (
          <Link href={NEW_SCHEDULE} className={buttonClass({ size: 'normal' })}>
            New schedule
          </Link>
        )}
      </div>
      <div className="card">
        {!data ? (
          <LoadingOrError error={error} onRetry={() => void refetch()} />
        ) : schedules.length === 0 ? (
          <NoSchedules />
        ) : (
          <ul ref={list} aria-label="Schedules" className="divide-y">
            {schedules.map((schedule) => (
              <ScheduleRow key={schedule.name} schedule={schedule} />
            ))}
          </ul>
        )}
        <NextPage of={pages} loaded={schedules.length} />
      </div>
      <Suspense fallback={<DialogFallback onClose={close} />}>
        {canChange && search.has('new') && <ScheduleDialog onClose={close} />}
      </Suspense>
    </div>
  )
}

function NoSchedules() {
  return (
    <EmptyState title="No schedules yet">
      <p>A schedule enqueues a job at each of its times: by a cron expression in a time zone, or in intervals.</p>
      <CommandLine>{"queuectl schedule add nightly --cron '30 2 * * *' -- /srv/backup.sh"}</CommandLine>
    </EmptyState>
  )
}
