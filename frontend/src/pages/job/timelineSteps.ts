import type { Attempt, JobWithHistory } from '../../api/client'
import { secondsBetween } from '../../components/timeFormat'

/**
 * A step in the life of a job. `delay`: not due yet; `wait`: due, waiting for a slot; `run`: an attempt; `backoff`:
 * after a failure, until the next attempt is due; `idle`: until a user retried it or a draining worker handed it back.
 */
export interface Step {
  kind: 'delay' | 'wait' | 'run' | 'backoff' | 'idle'
  from: string
  /** null: ongoing, without a known end. */
  to: string | null
  /** So far, or in total if the end is known. */
  seconds: number
  /** It has not started or not ended. */
  open: boolean
  attempt?: Attempt
}

/** All steps of a job since it was enqueued, without gaps; `now` in milliseconds. */
export function timelineSteps(job: JobWithHistory, now: number): Step[] {
  const instant = new Date(now).toISOString()
  const steps: Step[] = []
  let at = job.created_at
  let previous: Attempt | undefined
  const step = (kind: Step['kind'], to: string | null, attempt?: Attempt) => {
    const end = to ?? instant
    const open = to === null || Date.parse(to) > now
    const seconds = Math.max(0, secondsBetween(at, end))
    if (seconds > 0 || kind === 'run') steps.push({ kind, from: at, to, seconds, open, ...(attempt && { attempt }) })
    if (Date.parse(end) > Date.parse(at)) at = end
  }
  for (const attempt of job.history) {
    if (attempt.due_at !== null && Date.parse(attempt.due_at) > Date.parse(at)) step(gapKind(previous), attempt.due_at)
    step('wait', attempt.started_at)
    at = attempt.started_at
    step('run', attempt.ended_at, attempt)
    previous = attempt
  }
  if (job.state === 'pending' || job.state === 'failed') {
    if (job.next_run_at !== null) step(job.state === 'pending' && previous ? 'idle' : gapKind(previous), job.next_run_at)
    if (Date.parse(at) <= now) step('wait', null)
  }
  return steps
}

const gapKind = (previous: Attempt | undefined): Step['kind'] =>
  previous === undefined ? 'delay' : previous.state === 'failed' || previous.state === 'lost' ? 'backoff' : 'idle'

/** The relative width of a duration, on a logarithmic scale: 3 ms stays visible next to 3 h. */
export const relativeWidth = (seconds: number) => 0.3 + Math.log10(1 + seconds * 1000)
