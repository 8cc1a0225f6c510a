import type { Schedule } from '../../api/client'

/** `ended`: it has no further time. */
export type ScheduleState = 'active' | 'paused' | 'ended'

export function stateOf({ paused, next_at }: Pick<Schedule, 'paused' | 'next_at'>): ScheduleState {
  if (paused) return 'paused'
  return next_at === null ? 'ended' : 'active'
}
