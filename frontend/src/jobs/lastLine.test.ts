import { expect, test } from 'vitest'
import { lastLine } from '../jobs/lastLine'

test('returns the last line that is not blank', () => {
  expect(lastLine({ state: 'dead', output_tail: 'copying\n\tcp: No space left on device\n \n' })).toBe('cp: No space left on device')
  expect(lastLine({ state: 'failed', output_tail: 'one line' })).toBe('one line')
})

test('returns nothing if there is no output', () => {
  expect(lastLine({ state: 'dead', output_tail: null })).toBe('')
  expect(lastLine({ state: 'dead', output_tail: '\n' })).toBe('')
})

test('ignores the output of jobs that did not fail', () => {
  expect(lastLine({ state: 'cancelled', output_tail: 'working' })).toBe('')
  expect(lastLine({ state: 'completed', output_tail: 'done' })).toBe('')
})
