import { describe, expect, test } from 'vitest'
import { instant } from './instant'
import { filterOf, having, hints, parse, toggled, unfinished, written } from './query'

const now = Date.parse('2026-01-31T12:00:00.000Z')
const filter = (text: string) => filterOf(parse(text), now)

test('each known key is a condition, and the rest is text', () => {
  expect(filter('state:dead,failed queue:gpu tag:nightly worker:w1 error:"no space" since:2h ffmpeg -i in.mov')).toEqual({
    state: 'dead,failed',
    queue: 'gpu',
    tag: 'nightly',
    worker: 'w1',
    error: 'no space',
    since: '2026-01-31T10:00:00.000Z',
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

test('what is wrong is left for the API to refuse, never left out', () => {
  expect(filter('state:ded since:soon')).toEqual({ state: 'ded', since: 'soon' })
})

test.each(['plain', 'with space', 'with "quotes"', 'back\\slash "and" more', 'a ⇒ b'])('%s comes back as it was', (value) => {
  expect(filter(written('error', value))).toEqual({ error: value })
})

test('there is a hint where a word is not taken as it looks', () => {
  expect(hints(parse('foo:bar https://x tag:a tag:b queue:'))).toEqual([
    'There is no foo: to filter by, so it is searched for as text.',
    'Only one tag: can be searched for at a time: the last one counts.',
    'After queue: something is missing.',
  ])
  expect(hints(parse('state:dead state:failed "foo:bar"'))).toEqual([])
})

test('a word that would be refused as it is may become another one', () => {
  expect(['state:de', 'state:dead,', 'queue:', 'since:1'].filter((text) => !unfinished(parse(text)))).toEqual([])
  expect(['state:dead', 'since:1h', 'de'].filter((text) => unfinished(parse(text)))).toEqual([])
})

describe('a filter that is clicked', () => {
  test.each([
    ['ffmpeg', 'ffmpeg state:dead'],
    ['state:failed ffmpeg', 'state:failed,dead ffmpeg'],
    ['a state:dead b', 'a b'],
    ['state:dead,failed', 'state:failed'],
    ['state:failed a state:dead b', 'state:failed a b'],
  ])('state: %s → %s', (text, expected) => {
    expect(toggled(text, 'state', 'dead')).toBe(expected)
  })

  test('there is one queue, and the rest of the text stays as it is', () => {
    expect(toggled('error:"no  space" queue:gpu x', 'queue', 'two words')).toBe('error:"no  space" queue:"two words" x')
    expect(toggled('queue:gpu x', 'queue', 'gpu')).toBe('x')
    expect(having('queue:gpu', 'queue', undefined)).toBe('')
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
  expect(instant(text, now)).toBe(expected)
})
