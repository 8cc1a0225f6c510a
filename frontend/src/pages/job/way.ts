import type { Attempt, JobWithHistory } from '../../api/client'
import { between } from '../../components/time'

/** A stretch of a job's way. `delay`: not due yet; `wait`: due, no slot yet; `backoff`: after a failure, until it is due
 * again; `rest`: nothing was to happen until somebody, or a draining worker, gave it back. */
export interface Step {
  kind: 'delay' | 'wait' | 'run' | 'backoff' | 'rest'
  from: string
  /** null: it goes on, nobody knows how long. */
  to: string | null
  /** So far, or as a whole where its end is known. */
  seconds: number
  /** It has not begun, or not ended. */
  open: boolean
  attempt?: Attempt
}

/** A job's way through its states, from its enqueueing on, without gaps; `now` in milliseconds. */
export function way(job: JobWithHistory, now: number): Step[] {
  const instant = new Date(now).toISOString()
  const steps: Step[] = []
  let at = job.created_at
  let before: Attempt | undefined
  const step = (kind: Step['kind'], to: string | null, attempt?: Attempt) => {
    const end = to ?? instant
    const open = to === null || Date.parse(to) > now
    const seconds = Math.max(0, between(at, end))
    if (seconds > 0 || kind === 'run') steps.push({ kind, from: at, to, seconds, open, ...(attempt && { attempt }) })
    if (Date.parse(end) > Date.parse(at)) at = end
  }
  for (const attempt of job.history) {
    if (attempt.due_at !== null && Date.parse(attempt.due_at) > Date.parse(at)) step(pause(before), attempt.due_at)
    step('wait', attempt.started_at)
    at = attempt.started_at
    step('run', attempt.ended_at, attempt)
    before = attempt
  }
  if (job.state === 'pending' || job.state === 'failed') {
    if (job.next_run_at !== null) step(job.state === 'pending' && before ? 'rest' : pause(before), job.next_run_at)
    if (Date.parse(at) <= now) step('wait', null)
  }
  return steps
}

const pause = (before: Attempt | undefined): Step['kind'] =>
  before === undefined ? 'delay' : before.state === 'failed' || before.state === 'lost' ? 'backoff' : 'rest'

/** Room that a duration takes when drawn: 3 ms can be seen beside 3 h, and is still much shorter. */
export const room = (seconds: number) => 0.3 + Math.log10(1 + seconds * 1000)
