import { expect, test } from 'vitest'
import { lastLine } from './lastLine'

test('the last line that says something', () => {
  expect(lastLine({ state: 'dead', output_tail: 'copying\n\tcp: No space left on device\n \n' })).toBe('cp: No space left on device')
  expect(lastLine({ state: 'failed', output_tail: 'one line' })).toBe('one line')
})

test('there is none where nothing was printed', () => {
  expect(lastLine({ state: 'dead', output_tail: null })).toBe('')
  expect(lastLine({ state: 'dead', output_tail: '\n' })).toBe('')
})

test('what a job that did not fail has printed is no cause', () => {
  expect(lastLine({ state: 'cancelled', output_tail: 'working' })).toBe('')
  expect(lastLine({ state: 'completed', output_tail: 'done' })).toBe('')
})
