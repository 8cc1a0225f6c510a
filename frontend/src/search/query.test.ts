import { describe, expect, test } from 'vitest'
import { parseTime, parseTimeRange } from './times'
import { withExplicitTimes, filterOf, withFilter, hints, filtersByEnd, parse, toggleFilter, isIncomplete, formatTerm } from './query'

const now = Date.parse('2026-01-31T12:00:00.000Z')
const filter = (text: string) => filterOf(parse(text), now, 'enqueued')
const ofDead = (text: string) => filterOf(parse(text), now, 'died')

test('known keys become conditions, the rest is text', () => {
  expect(filter('state:dead,failed queue:gpu tag:nightly worker:w1 error:"no space" since:2h ffmpeg -i in.mov')).toEqual({
    state: 'dead,failed',
    queue: 'gpu',
    tag: 'nightly',
    worker: 'w1',
    error: 'no space',
    enqueued_since: '2026-01-31T10:00:00.000Z',
    q: 'ffmpeg -i in.mov',
  })
})

test.each([
  ['"state:dead"', { q: 'state:dead' }],
  ['https://example.org/x', { q: 'https://example.org/x' }],
  ['State:dead', { state: 'dead' }],
  ['state:dead state:failed', { state: 'dead,failed' }],
  ['error:"a \\"b\\" c\\\\"', { error: 'a "b" c\\' }],
  ['error:"not closed yet', { error: 'not closed yet' }],
  ['queue: x', { q: 'x' }],
  ['', {}],
])('%s', (text, expected) => {
  expect(filter(text)).toEqual(expected)
})

test('invalid values are sent to the API, never dropped', () => {
  expect(filter('state:ded since:soon')).toEqual({ state: 'ded', enqueued_since: 'soon' })
  expect(ofDead('died:soon..now since:1h until:x died:..2h')).toEqual({ finished_since: 'soon..now', finished_until: 'x' })
})

describe('times', () => {
  const [ten, eleven] = ['2026-01-31T10:00:00.000Z', '2026-01-31T11:00:00.000Z']

  test.each([
    ['since:2h until:1h', { enqueued_since: ten, enqueued_until: eleven }, { finished_since: ten, finished_until: eleven }],
    ['enqueued:2h..1h', { enqueued_since: ten, enqueued_until: eleven }, { enqueued_since: ten, enqueued_until: eleven }],
    ['finished:2h', { finished_since: ten }, { finished_since: ten }],
    ['died:2h', { finished_since: ten, state: 'dead' }, { finished_since: ten }],
    ['since:2h since:1h until:1h until:2h', { enqueued_since: eleven, enqueued_until: ten }, { finished_since: eleven, finished_until: ten }],
  ])('%s refers to a different time on each page', (text, jobs, dead) => {
    expect(filter(text)).toEqual(jobs)
    expect(ofDead(text)).toEqual(dead)
  })

  test('died: implies state dead; a contradiction is rejected with a hint', () => {
    expect(filter('state:failed,dead died:2h').state).toBe('dead')
    expect(filter('state:failed,completed died:2h').state).toBe('failed,completed and dead')
    expect(hints(parse('state:failed died:2h'))).toEqual(['died: matches only dead jobs, but state: excludes them.'])
    expect(hints(parse('state:failed,dead died:2h died:..1h since:2h since:1h'))).toEqual([])
  })

  test.each([
    ['since:2h a until:2026-01-31', 'died:2h.. a died:..2026-01-31T00:00'],
    ['since: error:"since:2h"', 'since: error:"since:2h"'],
    ['', ''],
  ])('%s is the same search as %s on a page with another time field', (text, said) => {
    expect(withExplicitTimes(text, 'died')).toBe(said)
    expect(filter(said)).toEqual({ ...ofDead(text), ...(said.includes('died:') && { state: 'dead' }) })
  })

  test('recognises searches by the time of finishing', () => {
    expect(['finished:1h', 'a died:1h'].filter((text) => !filtersByEnd(parse(text)))).toEqual([])
    expect(['since:1h', 'enqueued:1h', 'died'].filter((text) => filtersByEnd(parse(text)))).toEqual([])
  })
})

test.each([
  ['2h', ['2026-01-31T10:00:00.000Z', undefined]],
  ['2h..', ['2026-01-31T10:00:00.000Z', undefined]],
  ['..2h', [undefined, '2026-01-31T10:00:00.000Z']],
  ['1d12h..2026-01-30T09:00Z', ['2026-01-30T00:00:00.000Z', '2026-01-30T09:00:00.000Z']],
  ['2026-01-30', [new Date(2026, 0, 30).toISOString(), new Date(2026, 0, 31).toISOString()]],
  ['2026-01-30..2026-01-31', [new Date(2026, 0, 30).toISOString(), new Date(2026, 1, 1).toISOString()]],
  ['2026-01-30..', [new Date(2026, 0, 30).toISOString(), undefined]],
])('%s is from %j', (text, [since, until]) => {
  expect(parseTimeRange(text, now)).toEqual({ ...(since && { since }), ...(until && { until }) })
})

test.each(['', '..', 'soon', '2h..soon', 'soon..2h', '1h..2h..3h', '2026-13-01', '...'])('%s is not a time range', (text) => {
  expect(parseTimeRange(text, now)).toBeUndefined()
})

test.each(['plain', 'with space', 'with "quotes"', 'back\\slash "and" more', 'a ⇒ b'])('%s survives formatting and parsing', (value) => {
  expect(filter(formatTerm('error', value))).toEqual({ error: value })
})

test('terms with an unexpected meaning get a hint', () => {
  expect(hints(parse('foo:bar https://x tag:a tag:b queue:'))).toEqual([
    'foo: is not a filter, so it is searched for as text.',
    'Only one tag: is allowed; the last one is used.',
    'queue: has no value.',
  ])
  expect(hints(parse('state:dead state:failed "foo:bar"'))).toEqual([])
})

test('recognises terms that are still being typed', () => {
  expect(['state:de', 'state:dead,', 'queue:', 'since:1', 'died:1', 'died:..'].filter((text) => !isIncomplete(parse(text)))).toEqual([])
  expect(['state:dead', 'since:1h', 'died:1h..', 'de'].filter((text) => isIncomplete(parse(text)))).toEqual([])
})

describe('toggling a filter', () => {
  test.each([
    ['ffmpeg', 'ffmpeg state:dead'],
    ['state:failed ffmpeg', 'state:failed,dead ffmpeg'],
    ['a state:dead b', 'a b'],
    ['state:dead,failed', 'state:failed'],
    ['state:failed a state:dead b', 'state:failed a b'],
  ])('state: %s → %s', (text, expected) => {
    expect(toggleFilter(text, 'state', 'dead')).toBe(expected)
  })

  test('a search has one queue, and the rest of its text is preserved', () => {
    expect(toggleFilter('error:"no  space" queue:gpu x', 'queue', 'two words')).toBe('error:"no  space" queue:"two words" x')
    expect(toggleFilter('queue:gpu x', 'queue', 'gpu')).toBe('x')
    expect(withFilter('queue:gpu', 'queue', undefined)).toBe('')
  })
})

test.each([
  ['2h', '2026-01-31T10:00:00.000Z'],
  ['1h30m', '2026-01-31T10:30:00.000Z'],
  ['3d', '2026-01-28T12:00:00.000Z'],
  ['2026-01-30T09:00:00+02:00', '2026-01-30T07:00:00.000Z'],
  ['2026-01-30', new Date(2026, 0, 30).toISOString()],
  ['2026-01-30T09:30', new Date(2026, 0, 30, 9, 30).toISOString()],
  ['yesterday', undefined],
  ['2026-13-01', undefined],
])('%s is %s', (text, expected) => {
  expect(parseTime(text, now)).toBe(expected)
})
