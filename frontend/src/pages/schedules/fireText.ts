import type { Fire } from '../../api/client'
import { escapeHidden } from '../../components/escapeHidden'
import { formatExact } from '../../components/timeFormat'

/** What became of a due time; `waiting`: its job comes once an earlier one has ended. */
export type Outcome = Fire['outcome'] | 'waiting'

export const outcomeOf = ({ outcome, job }: Pick<Fire, 'outcome' | 'job'>): Outcome => (outcome === 'enqueued' && job === null ? 'waiting' : outcome)

/** The colour of each outcome; none is green, as a job that was enqueued may have failed. */
export const OUTCOME_COLOURS: Record<Outcome, string> = {
  enqueued: 'bg-indigo-500',
  waiting: 'bg-stone-400',
  skipped: 'bg-amber-500',
  missed: 'bg-fuchsia-500',
  refused: 'bg-red-600',
}

/** The reason of an outcome, or how long times were missed; '' if there is nothing to say. */
export function reasonOf(fire: Fire): string {
  if (fire.detail !== null) return escapeHidden(fire.detail)
  if (fire.until !== null) return `all times until ${formatExact(fire.until)}`
  return outcomeOf(fire) === 'waiting' ? 'an earlier job has not ended' : ''
}

/** A fire in one line: `skipped, Jan 31, 2026, 2:30:00 AM UTC: job a has not ended`. */
export function fireText(fire: Fire): string {
  const reason = fire.job === null ? reasonOf(fire) : `job ${fire.job}`
  return `${outcomeOf(fire)}, ${formatExact(fire.scheduled_at)}${reason === '' ? '' : `: ${reason}`}`
}
