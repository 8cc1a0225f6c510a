import { expect, test } from 'vitest'
import { ApiError, type Schedule } from '../../api/client'
import { localTime } from '../../jobs/jobForm'
import { emptySchedule, hasErrors, newSchedule, parseSchedule, scheduleChange, scheduleErrors, scheduleValues, type Key, type ScheduleValues } from './scheduleForm'

const schedule: Schedule = {
  name: 'nightly',
  cron: '30 2 * * *',
  every: null,
  timezone: 'Europe/Berlin',
  job: { command: 'make', queue: 'media', tags: ['one'] },
  catch_up: 'latest',
  catch_up_window: 86_400,
  overlap: 'skip',
  jitter: 300,
  from: '2026-01-30T00:00:00.000Z',
  until: null,
  pause_after: null,
  paused: false,
  pause_reason: null,
  created_at: '2026-01-29T00:00:00.000Z',
  updated_at: '2026-01-29T00:00:00.000Z',
  next_scheduled_at: null,
  next_at: null,
  last: null,
}

const edited = (values: ScheduleValues, texts: Partial<Record<Key, string>>, rest: Partial<ScheduleValues> = {}): ScheduleValues => ({
  ...values,
  ...rest,
  texts: { ...values.texts, ...texts },
})

const commanded = (values: ScheduleValues, texts: Record<string, string>): ScheduleValues => ({
  ...values,
  job: { ...values.job, texts: { ...values.job.texts, ...texts } },
})

const before = scheduleValues(schedule, [])
const changes = (after: ScheduleValues) => scheduleChange(before, after, parseSchedule(after))

test('the form shows the values of the schedule, but not the defaults', () => {
  expect(before.rule).toBe('cron')
  expect(before.texts).toMatchObject({ cron: '30 2 * * *', every: '', jitter: '5m', catch_up_window: '', from: localTime('2026-01-30T00:00:00Z'), until: '' })
  expect(before.job.texts).toMatchObject({ command: 'make', queue: 'media', tags: 'one' })
})

test('a new schedule has either a cron expression with its time zone, or an interval', () => {
  const typed = commanded(edited(emptySchedule('Europe/Paris'), { name: ' nightly ', cron: '@daily', every: '15m' }), { command: 'make' })
  expect(newSchedule(parseSchedule(typed))).toMatchObject({ name: 'nightly', cron: '@daily', timezone: 'Europe/Paris', job: { command: 'make' } })
  expect(newSchedule(parseSchedule(typed))).not.toHaveProperty('every')
  const every = newSchedule(parseSchedule({ ...typed, rule: 'every' }))
  expect(every).toMatchObject({ every: 900 })
  expect(every).not.toHaveProperty('cron')
  expect(every).not.toHaveProperty('timezone')
  expect(every).not.toHaveProperty('until')
})

test('what is missing or no value is a problem of its field', () => {
  const { errors } = parseSchedule(edited(emptySchedule('UTC'), { jitter: 'some', pause_after: 'x' }))
  expect(errors).toEqual({
    schedule: { name: 'must not be empty', cron: 'must not be empty', jitter: 'must be a duration, such as 90s, 15m or 1h 30m', pause_after: 'must be a number' },
    job: { command: 'must not be empty' },
  })
  expect(hasErrors(errors)).toBe(true)
  expect(hasErrors(parseSchedule(before).errors)).toBe(false)
})

test('only what was edited is sent', () => {
  expect(changes(before)).toEqual({})
  expect(changes(edited(before, { overlap: 'queue', jitter: '' }))).toEqual({ overlap: 'queue', jitter: 0 })
  expect(changes(edited(before, { from: '' }))).toEqual({ from: null })
  expect(changes(commanded(before, { queue: '', tags: 'one two' }))).toEqual({ job: { queue: null, tags: ['one', 'two'] } })
})

test('a change of the rule sends the new rule only', () => {
  expect(changes(edited(before, { every: '15m' }, { rule: 'every' }))).toEqual({ every: 900 })
})

test('the problems that the API reports are assigned to their fields', () => {
  const fields = [
    { field: 'cron', message: 'has six fields', value: null },
    { field: 'job.limits.memory', message: 'is too small', value: null },
    { field: 'job.retries', message: 'is unknown', value: null },
  ]
  expect(scheduleErrors(new ApiError('several', 422, fields))).toEqual({
    schedule: { cron: 'has six fields', other: 'retries: is unknown' },
    job: { 'limits.memory': 'is too small' },
  })
  expect(scheduleErrors(new ApiError('exists already', 409))).toEqual({ schedule: { name: 'exists already' }, job: {} })
  expect(scheduleErrors(new Error('unreachable'))).toEqual({ schedule: { other: 'unreachable' }, job: {} })
})
