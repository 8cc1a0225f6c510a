import { expect, test } from 'vitest'
import { formatDuration, formatRelative } from './timeFormat'

const now = Date.parse('2026-01-01T12:00:00.000Z')

test.each([
  ['2026-01-01T11:59:59.800Z', 'now'],
  ['2026-01-01T11:59:30.000Z', '30s ago'],
  ['2026-01-01T11:00:00.000Z', '1h ago'],
  ['2025-12-30T11:00:00.000Z', '2d ago'],
  ['2026-01-01T13:59:00.000Z', 'in 1h 59m'],
  ['2026-01-01T12:05:10.000Z', 'in 5m 10s'],
])('%s is %s', (instant, text) => {
  expect(formatRelative(instant, now)).toBe(text)
})

test.each([
  [0, '0s'],
  [0.0031, '3.1ms'],
  [0.25, '250ms'],
  [0.9999, '1.00s'],
  [12.44, '12.4s'],
  [59.97, '1m 00s'],
  [245, '4m 05s'],
  [7800, '2h 10m'],
  [273_600, '3d 4h'],
])('%s seconds are %s', (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text)
})
