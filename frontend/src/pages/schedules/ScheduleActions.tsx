import { lazy, Suspense, useState } from 'react'
import type { Schedule } from '../../api/client'
import { useConfig } from '../../api/queries'
import { Button } from '../../components/Button'
import { DialogFallback } from '../../components/DialogFallback'
import { importWithRetry } from '../../components/importWithRetry'
import { useScheduleActions } from './useScheduleActions'

const ScheduleDialog = lazy(() => importWithRetry(() => import('./ScheduleDialog')))

/** The buttons that run, pause, edit and delete a schedule. `onDeleted` is called once it is deleted. */
export function ScheduleActions({ schedule, onDeleted }: { schedule: Schedule; onDeleted?: () => void }) {
  const { name, paused } = schedule
  const { isPending, run, pauseOrResume, remove } = useScheduleActions()
  const settings = useConfig().data
  const [editing, setEditing] = useState(false)
  return (
    <div className="flex flex-wrap gap-2">
      <Button disabled={isPending} aria-label={`Run now: ${name}`} onClick={() => run(name)}>
        Run now
      </Button>
      <Button
        disabled={isPending}
        className="min-w-17 justify-center"
        aria-label={`${paused ? 'Resume' : 'Pause'} ${name}`}
        onClick={() => pauseOrResume({ name, action: paused ? 'resume' : 'pause' })}
      >
        {paused ? 'Resume' : 'Pause'}
      </Button>
      <Button disabled={settings === undefined} aria-label={`Edit ${name}`} onClick={() => setEditing(true)}>
        Edit
      </Button>
      <Button variant="danger" disabled={isPending} aria-label={`Delete ${name}`} onClick={() => void remove(name, onDeleted)}>
        Delete
      </Button>
      <Suspense fallback={<DialogFallback onClose={() => setEditing(false)} />}>
        {editing && settings && <ScheduleDialog schedule={schedule} settings={settings} onClose={() => setEditing(false)} />}
      </Suspense>
    </div>
  )
}
