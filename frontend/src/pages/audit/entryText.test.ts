import { expect, test } from 'vitest'
import { subjectOf } from './entryText'

test('an action on a job links to the job', () => {
  expect(subjectOf({ action: 'cancel', subject: 'a b', jobs: 1 })).toEqual({ text: 'a b', href: '/jobs/a%20b' })
})

test('an action on many jobs shows their number', () => {
  expect(subjectOf({ action: 'enqueue', subject: null, jobs: 12_431 })).toEqual({ text: '12,431 jobs' })
})

test('some actions have no subject; a token has no link', () => {
  expect(subjectOf({ action: 'sign-in', subject: null, jobs: 0 })).toBeUndefined()
  expect(subjectOf({ action: 'token-create', subject: 'ci', jobs: 0 })).toEqual({ text: 'ci' })
  expect(subjectOf({ action: 'sign-in-link', subject: 'ci', jobs: 0 })).toEqual({ text: 'ci' })
})

test('an action on a schedule links to the schedule, unless it was deleted', () => {
  expect(subjectOf({ action: 'schedule-pause', subject: 'nightly', jobs: 0 })).toEqual({ text: 'nightly', href: '/schedules/nightly' })
  expect(subjectOf({ action: 'schedule-delete', subject: 'nightly', jobs: 0 })).toEqual({ text: 'nightly' })
})
