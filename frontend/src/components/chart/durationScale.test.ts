import { expect, test } from 'vitest'
import { tickRange } from './durationScale'

test('a duration scale reaches from the tick below to the tick above', () => {
  expect(tickRange(0.003, 42)).toEqual([0.001, 60])
  expect(tickRange(5, 5)).toEqual([1, 10])
  expect(tickRange(1, 1)).toEqual([1, 10])
  expect(tickRange(null, null)).toEqual([0.001, 1])
})

test('durations beyond the first or last tick still have a scale', () => {
  expect(tickRange(0.0001, 0.0002)).toEqual([0.001, 0.01])
  expect(tickRange(1, 9e9)).toEqual([1, 3_456_000])
})
