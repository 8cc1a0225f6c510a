import { expect, test } from 'vitest'
import { ApiError, type Job } from '../api/client'
import { changedFields, EMPTY_FORM, formErrors, formValues, localTime, newJob, parseForm, type FormValues } from './jobForm'

const settings = [{ key: 'max-retries', value: 3 }, { key: 'limit-file-size', value: 1000 }] as Parameters<typeof formValues>[1]
const job = {
  id: 'job1',
  command: 'make',
  state: 'pending',
  queue: 'media',
  priority: 0,
  run_at: null,
  next_run_at: null,
  max_retries: 3,
  backoff_base: 1.5,
  timeout: null,
  cwd: null,
  env: { A: '1', B: 'x=y' },
  tags: ['one', 'two'],
  limits: { memory: 536_870_912, processes: null, cpu: null, file_size: 1000 },
  sandbox: true,
  lock: { key: 'db', limit: 3 },
} as unknown as Job

/** The form with other texts or another schedule. */
const edited = (values: FormValues, texts: Record<string, string>, schedule: Partial<FormValues> = {}): FormValues => ({
  ...values,
  ...schedule,
  texts: { ...values.texts, ...texts },
})

const changes = (before: FormValues, after: FormValues) => changedFields(before, after, parseForm(after).body)

test('the form shows the values of the job, but not those that come from the settings', () => {
  const values = formValues(job, settings)
  expect(values.texts).toMatchObject({
    max_retries: '',
    backoff_base: '1.5',
    env: 'A=1\nB=x=y',
    tags: 'one two',
    priority: '',
    'limits.memory': '512 MiB',
    'limits.cpu': '',
    sandbox: 'on',
    lock: 'db=3',
  })
  expect(values.schedule).toBe('now')
})

test('a sandbox that the settings require for all jobs is not shown as a choice of the job', () => {
  const required = [{ key: 'sandbox', value: 1 }] as Parameters<typeof formValues>[1]
  expect(formValues(job, required).texts.sandbox).toBe('')
})

test('the form of a job creates the same job again', () => {
  expect(newJob(parseForm(edited(formValues(job, settings), { id: '' })).body)).toEqual({
    command: 'make',
    queue: 'media',
    backoff_base: 1.5,
    env: { A: '1', B: 'x=y' },
    tags: ['one', 'two'],
    limits: { memory: 536_870_912, processes: null, cpu: null, file_size: null },
    sandbox: true,
    lock: { key: 'db', limit: 3 },
  })
})

test('only changed fields are sent; an emptied field returns to its default', () => {
  const before = formValues(job, settings)
  expect(changes(before, edited(before, { command: 'make all', backoff_base: '' }))).toEqual({ command: 'make all', backoff_base: null })
})

test('limits are changed and removed together', () => {
  const before = formValues(job, settings)
  expect(changes(before, edited(before, { 'limits.memory': '1GiB', 'limits.cpu': '60' }))).toEqual({
    limits: { memory: 1 << 30, processes: null, cpu: 60, file_size: null },
  })
  expect(changes(before, edited(before, { 'limits.memory': '', sandbox: '' }))).toEqual({ limits: null, sandbox: false })
})

test('a job that was enqueued with a delay shows the time of its next run', () => {
  const before = formValues({ ...job, next_run_at: '2100-01-01T00:00:00.000Z' }, settings)
  expect(before).toMatchObject({ schedule: 'at', at: localTime('2100-01-01T00:00:00.000Z') })
  expect(changes(before, edited(before, {}, { schedule: 'now' }))).toEqual({ run_at: null })
})

test('a time replaces a delay, and `now` replaces both', () => {
  const before = formValues({ ...job, run_at: '2100-01-01T00:00:00.000Z', next_run_at: '2100-01-01T00:00:00.000Z' }, settings)
  expect(changes(before, edited(before, {}, { schedule: 'now' }))).toEqual({ run_at: null })
  expect(changes(before, edited(before, {}, { schedule: 'delay', delay: '5' }))).toEqual({ delay: 5 })
})

test('an invalid number, time or variable is reported at its field', () => {
  const { errors } = parseForm(
    edited(EMPTY_FORM, { command: ' ', priority: 'high', env: 'A=1\nB', 'limits.memory': 'much' }, { schedule: 'at' }),
  )
  expect(Object.keys(errors).sort()).toEqual(['command', 'env', 'limits.memory', 'priority', 'run_at'])
  expect(errors.env).toContain('line 2')
  expect(parseForm(edited(EMPTY_FORM, { command: 'x' }, { schedule: 'delay' })).errors).toEqual({ delay: 'must be a number of seconds' })
})

test('local times convert back to the same instant', () => {
  expect(new Date(localTime('2026-01-31T09:30:15.000Z')).toISOString()).toBe('2026-01-31T09:30:15.000Z')
})

test('errors of the API are assigned to their fields', () => {
  const error = new ApiError('…', 422, [
    { field: 'tags.0', message: 'must be a name' },
    { field: 'limits.cpu', message: 'must be more than 0' },
    { field: 'run_at', message: 'must be a time' },
    { field: 'body', message: 'is strange' },
  ])
  expect(formErrors(error)).toEqual({ tags: 'must be a name', 'limits.cpu': 'must be more than 0', run_at: 'must be a time', other: 'body: is strange' })
  expect(formErrors(new ApiError("a job with the id 'a' exists already", 409))).toHaveProperty('id')
})

test.each([
  ['db', { key: 'db', limit: 1 }],
  [' db=3 ', { key: 'db', limit: 3 }],
  ['', null],
])('the lock %j is sent as %j', (text, lock) => {
  expect(parseForm(edited(EMPTY_FORM, { command: 'make', lock: text })).body.lock).toEqual(lock)
})

test.each(['=3', 'db=', 'db=0', 'db=x', 'a=1=2'])('the lock %j is refused', (text) => {
  expect(parseForm(edited(EMPTY_FORM, { command: 'make', lock: text })).errors).toEqual({ lock: 'must be KEY or KEY=N' })
})
