import { expect, test } from 'vitest'
import { intervalText, parseInterval } from './interval'

test.each([
  ['90', 90],
  ['90s', 90],
  ['15m', 900],
  ['1h 30m', 5400],
  ['1H30M', 5400],
  ['1d 1s', 86_401],
  ['0.5m', 30],
  ['1.001s', 1.001],
])('%s is an interval', (text, seconds) => {
  expect(parseInterval(text)).toBe(seconds)
  expect(parseInterval(intervalText(seconds))).toBe(seconds)
})

test.each(['', 'soon', '-5m', '5x', '5m x', 'm', '1 0m'])('%j is none', (text) => {
  expect(parseInterval(text)).toBeUndefined()
})

test('an interval is written with its largest units', () => {
  expect(intervalText(0)).toBe('0s')
  expect(intervalText(5400)).toBe('1h 30m')
  expect(intervalText(90_061)).toBe('1d 1h 1m 1s')
})
