import { expect, test } from 'vitest'
import type { Attempt, JobWithHistory } from '../../api/client'
import { relativeWidth, timelineSteps } from './timelineSteps'

const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString()
const now = Date.parse(at(100))

const attempt = (number: number, due: number, start: number, end: number | null, state: Attempt['state']): Attempt => ({
  number,
  state,
  worker: 'w',
  due_at: at(due),
  started_at: at(start),
  ended_at: end === null ? null : at(end),
  exit_code: null,
  signal: null,
  error: null,
  output_bytes: null,
  cpu_seconds: null,
  memory_bytes: null,
  output_tail: null,
  note: null,
})

const job = (fields: Partial<JobWithHistory>) =>
  ({ created_at: at(0), next_run_at: null, history: [], ...fields }) as unknown as JobWithHistory

const kinds = (fields: Partial<JobWithHistory>) => timelineSteps(job(fields), now).map(({ kind, seconds, open }) => [kind, seconds, open])

test('a retried job waits, runs and backs off', () => {
  const history = [attempt(1, 0, 1, 3, 'failed'), attempt(2, 7, 8, 20, 'completed')]
  expect(kinds({ state: 'completed', history })).toEqual([
    ['wait', 1, false],
    ['run', 2, false],
    ['backoff', 4, false],
    ['wait', 1, false],
    ['run', 12, false],
  ])
})

test('includes steps in the future', () => {
  const history = [attempt(1, 0, 0, 90, 'failed')]
  expect(kinds({ state: 'failed', history, next_run_at: at(112) })).toEqual([
    ['run', 90, false],
    ['backoff', 22, true],
  ])
  expect(kinds({ state: 'pending', next_run_at: at(130) })).toEqual([['delay', 130, true]])
})

test('an ongoing step has no end', () => {
  expect(kinds({ state: 'processing', history: [attempt(1, 0, 10, null, 'processing')] })).toEqual([
    ['wait', 10, false],
    ['run', 90, true],
  ])
  expect(kinds({ state: 'pending', next_run_at: at(40) })).toEqual([
    ['delay', 40, false],
    ['wait', 60, true],
  ])
})

test('a job is idle between a final attempt and a manual retry', () => {
  const history = [attempt(1, 0, 0, 5, 'cancelled'), attempt(2, 50, 50, 60, 'completed')]
  expect(kinds({ state: 'completed', history }).map(([kind]) => kind)).toEqual(['run', 'idle', 'run'])
})

test('an attempt without a due time has waited since the previous one', () => {
  const second = { ...attempt(2, 0, 20, 21, 'completed'), due_at: null }
  expect(kinds({ state: 'completed', history: [attempt(1, 0, 0, 5, 'failed'), second] })).toEqual([
    ['run', 5, false],
    ['wait', 15, false],
    ['run', 1, false],
  ])
})

test('milliseconds and hours are both visible', () => {
  expect(relativeWidth(3 * 3600) / relativeWidth(0.003)).toBeLessThan(10)
  expect(relativeWidth(1)).toBeGreaterThan(relativeWidth(0.1))
})
