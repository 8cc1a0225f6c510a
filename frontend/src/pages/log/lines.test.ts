import { expect, test } from 'vitest'
import { KEPT, NO_LINES, shown, withOutput } from './lines'

test('lines are put together across chunks', () => {
  const lines = withOutput(withOutput(NO_LINES, 'one\ntw'), 'o\nthree')
  expect(lines).toEqual({ ended: ['one', 'two'], open: 'three', dropped: 0 })
})

test('only the last lines are kept, and the others counted', () => {
  const lines = withOutput(NO_LINES, 'x\n'.repeat(KEPT + 7))
  expect(lines.ended).toHaveLength(KEPT)
  expect(lines.dropped).toBe(7)
})

test('a line without end does not grow for ever', () => {
  expect(withOutput(NO_LINES, 'x'.repeat(1_000_000)).open.length).toBeLessThan(20_000)
})

test('a progress bar shows its last state', () => {
  expect(shown('10%\r50%\r100%')).toBe('100%')
  expect(shown('windows line\r')).toBe('windows line')
})
