import { expect, test } from 'vitest'
import { subjectOf } from './sentence'

test('what was done to a job leads to it', () => {
  expect(subjectOf({ action: 'cancel', subject: 'a b', jobs: 1 })).toEqual({ text: 'a b', href: '/jobs/a%20b' })
})

test('what was done to many jobs tells how many', () => {
  expect(subjectOf({ action: 'enqueue', subject: null, jobs: 12_431 })).toEqual({ text: '12,431 jobs' })
})

test('what is done to nothing in particular has no subject; a token leads nowhere', () => {
  expect(subjectOf({ action: 'sign-in', subject: null, jobs: 0 })).toBeUndefined()
  expect(subjectOf({ action: 'token-create', subject: 'ci', jobs: 0 })).toEqual({ text: 'ci' })
  expect(subjectOf({ action: 'sign-in-link', subject: 'ci', jobs: 0 })).toEqual({ text: 'ci' })
})
