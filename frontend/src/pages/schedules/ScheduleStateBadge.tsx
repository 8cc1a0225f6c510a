import type { Schedule } from '../../api/client'
import { stateOf, type ScheduleState } from './scheduleState'

const COLOURS: Record<ScheduleState, string> = {
  active: 'bg-emerald-100 text-emerald-950 dark:bg-emerald-950 dark:text-emerald-100',
  paused: 'bg-amber-100 text-amber-950 dark:bg-amber-950 dark:text-amber-100',
  ended: 'bg-stone-200 text-stone-900 dark:bg-stone-800 dark:text-stone-100',
}

const TITLES: Record<ScheduleState, string> = {
  active: 'It fires at its next time.',
  paused: 'It does not fire until it is resumed.',
  ended: 'It has no further time.',
}

/** Whether a schedule fires. */
export function ScheduleStateBadge({ schedule }: { schedule: Schedule }) {
  const state = stateOf(schedule)
  return (
    <span data-state={state} title={TITLES[state]} className={`rounded-full px-2 py-0.5 text-xs font-medium ${COLOURS[state]}`}>
      {state}
    </span>
  )
}
