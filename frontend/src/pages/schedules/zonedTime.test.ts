import { expect, test } from 'vitest'
import { zonedTime } from './zonedTime'

const AT = '2026-01-31T01:30:00.000Z'

test('a time of a cron expression is shown in its time zone', () => {
  expect(zonedTime(AT, { cron: '30 2 * * *', timezone: 'Europe/Berlin' })).toContain('02:30')
  expect(zonedTime(AT, { cron: '30 2 * * *', timezone: 'Asia/Kolkata' })).toContain('07:00')
})

test('a zone that the browser does not know is no error', () => {
  expect(zonedTime(AT, { cron: '30 2 * * *', timezone: 'Mars/Olympus' })).toContain(':30')
})
