import { expect, test } from 'vitest'
import { relative } from './time'

const now = Date.parse('2026-01-01T12:00:00.000Z')

test.each([
  ['2026-01-01T11:59:59.800Z', 'now'],
  ['2026-01-01T11:59:30.000Z', '30s ago'],
  ['2026-01-01T11:00:00.000Z', '1h ago'],
  ['2025-12-30T11:00:00.000Z', '2d ago'],
  ['2026-01-01T12:05:10.000Z', 'in 5m'],
])('%s is %s', (instant, text) => {
  expect(relative(instant, now)).toBe(text)
})
