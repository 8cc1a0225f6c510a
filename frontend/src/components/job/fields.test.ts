import { expect, test } from 'vitest'
import { Refused, type Job } from '../../api/client'
import { change, errorsOf, fieldsOf, localTime, newJob, NO_FIELDS, read } from './fields'

const config = [{ key: 'max-retries', value: 3 }, { key: 'limit-file-size', value: 1000 }] as Parameters<typeof fieldsOf>[1]
const job = {
  id: 'job1',
  command: 'make',
  state: 'pending',
  queue: 'media',
  priority: 0,
  run_at: null,
  max_retries: 3,
  backoff_base: 1.5,
  timeout: null,
  cwd: null,
  env: { A: '1', B: 'x=y' },
  tags: ['one', 'two'],
  limits: { memory: 536_870_912, processes: null, cpu: null, file_size: 1000 },
  sandbox: true,
} as unknown as Job

test('what a job has of its own fills the form, and what it has from the config does not', () => {
  const fields = fieldsOf(job, config)
  expect(fields).toMatchObject({ max_retries: '', backoff_base: '1.5', env: 'A=1\nB=x=y', tags: 'one two', memory: '512 MiB', cpu: '', when: 'now' })
})

test('what fills the form makes the same job again', () => {
  expect(newJob(read({ ...fieldsOf(job, config), id: '' }).values)).toEqual({
    command: 'make',
    queue: 'media',
    backoff_base: 1.5,
    env: { A: '1', B: 'x=y' },
    tags: ['one', 'two'],
    limits: { memory: 536_870_912, processes: null, cpu: null, file_size: null },
    sandbox: true,
  })
})

test('only what was changed is sent; what was emptied is the default again', () => {
  const before = fieldsOf(job, config)
  const after = { ...before, command: 'make all', backoff_base: '' }
  expect(change(before, after, read(after).values)).toEqual({ command: 'make all', backoff_base: null })
})

test('limits are changed together, and taken away together', () => {
  const before = fieldsOf(job, config)
  const less = { ...before, memory: '1GiB', cpu: '60' }
  expect(change(before, less, read(less).values)).toEqual({ limits: { memory: 1 << 30, processes: null, cpu: 60, file_size: null } })
  const none = { ...before, memory: '', sandbox: false }
  expect(change(before, none, read(none).values)).toEqual({ limits: null, sandbox: false })
})

test('a time takes the place of a delay, and now of both', () => {
  const before = fieldsOf({ ...job, run_at: '2100-01-01T00:00:00.000Z' }, config)
  const now = { ...before, when: 'now' as const }
  expect(change(before, now, read(now).values)).toEqual({ run_at: null })
  const soon = { ...before, when: 'delay' as const, delay: '5' }
  expect(change(before, soon, read(soon).values)).toEqual({ delay: 5 })
})

test('what is no number, time or variable is told at its field', () => {
  const { errors } = read({ ...NO_FIELDS, command: ' ', priority: 'high', when: 'at', env: 'A=1\nB', memory: 'much' })
  expect(Object.keys(errors).sort()).toEqual(['at', 'command', 'env', 'memory', 'priority'])
  expect(errors.env).toContain('line 2')
})

test('times are in the zone of the person and come back as the same instant', () => {
  expect(new Date(localTime('2026-01-31T09:30:15.000Z')).toISOString()).toBe('2026-01-31T09:30:15.000Z')
})

test('what the API refuses stands at the field it is about', () => {
  const refused = new Refused('…', 422, [
    { field: 'tags.0', message: 'must be a name' },
    { field: 'limits.cpu', message: 'must be more than 0' },
    { field: 'run_at', message: 'must be a time' },
    { field: 'body', message: 'is strange' },
  ])
  expect(errorsOf(refused)).toEqual({ tags: 'must be a name', cpu: 'must be more than 0', at: 'must be a time', other: 'body: is strange' })
  expect(errorsOf(new Refused("a job with the id 'a' exists already", 409))).toHaveProperty('id')
})
