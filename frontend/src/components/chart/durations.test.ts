import { expect, test } from 'vitest'
import { aroundMarks } from './durations'

test('a scale of durations reaches from the mark below to the mark above', () => {
  expect(aroundMarks(0.003, 42)).toEqual([0.001, 60])
  expect(aroundMarks(5, 5)).toEqual([1, 10])
  expect(aroundMarks(1, 1)).toEqual([1, 10])
  expect(aroundMarks(null, null)).toEqual([0.001, 1])
})

test('what is shorter or longer than any mark has a scale all the same', () => {
  expect(aroundMarks(0.0001, 0.0002)).toEqual([0.001, 0.01])
  expect(aroundMarks(1, 9e9)).toEqual([1, 3_456_000])
})
