import { expect, test } from 'vitest'
import type { Fire } from '../../api/client'
import { formatExact } from '../../components/timeFormat'
import { fireText, outcomeOf, reasonOf } from './fireText'

const AT = '2026-01-31T02:30:00.000Z'
const LATER = '2026-01-31T04:30:00.000Z'
const fire = (fields: Partial<Fire>): Fire => ({ scheduled_at: AT, outcome: 'enqueued', job: null, until: null, detail: null, ...fields })

test('a fire that has no job yet waits', () => {
  expect(outcomeOf(fire({}))).toBe('waiting')
  expect(outcomeOf(fire({ job: 'a' }))).toBe('enqueued')
  expect(outcomeOf(fire({ outcome: 'skipped' }))).toBe('skipped')
})

test('the text names the job, or else the reason', () => {
  expect(fireText(fire({ job: 'a' }))).toBe(`enqueued, ${formatExact(AT)}: job a`)
  expect(fireText(fire({ outcome: 'skipped', detail: 'job a has not ended' }))).toBe(`skipped, ${formatExact(AT)}: job a has not ended`)
  expect(fireText(fire({ outcome: 'missed' }))).toBe(`missed, ${formatExact(AT)}`)
})

test('one entry may stand for several missed times', () => {
  expect(reasonOf(fire({ outcome: 'missed', until: LATER }))).toBe(`all times until ${formatExact(LATER)}`)
})
