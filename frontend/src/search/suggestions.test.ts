import { expect, test } from 'vitest'
import type { TimeField, Key } from './query'
import { suggestions, acceptSuggestion, wordAt } from './suggestions'

const KEYS: Key[] = ['state', 'queue', 'tag', 'worker', 'died', 'since']
const known = { queues: ['gpu', 'default', 'two words'], workers: ['w1'], tags: ['nightly'] }
const words = (word: string) => suggestions(word, KEYS, known, 'enqueued').map((each) => each.word)

test.each([
  ['', ['state:', 'queue:', 'tag:', 'worker:', 'died:', 'since:']],
  ['s', ['state:', 'since:']],
  ['gp', ['queue:gpu']],
  ['dea', ['state:dead']],
  ['state:', ['state:pending', 'state:processing', 'state:completed', 'state:failed', 'state:dead', 'state:cancelled']],
  ['state:dead,c', ['state:dead,completed', 'state:dead,cancelled']],
  ['queue:t', ['queue:"two words"']],
  ['queue:"tw', ['queue:"two words"']],
  ['worker:', ['worker:w1']],
  ['since:', ['since:15m', 'since:1h', 'since:6h', 'since:24h', 'since:7d', 'since:30d']],
  ['since:4', ['since:4m', 'since:4h', 'since:4d']],
  ['died:4', ['died:4m', 'died:4h', 'died:4d']],
  ['error:x', []],
])('%s → %j', (word, expected) => {
  expect(words(word)).toEqual(expected)
})

test('hints name the time that a term refers to', () => {
  const hint = (word: string, by: TimeField) => suggestions(word, KEYS, known, by)[0]?.hint
  expect([hint('since', 'enqueued'), hint('since', 'died')]).toEqual(['enqueued since: 2h, 3d, a date', 'died since: 2h, 3d, a date'])
  expect([hint('since:2h', 'enqueued'), hint('since:2h', 'died')]).toEqual(['enqueued in the last 2 hours', 'died in the last 2 hours'])
  expect(hint('died:3', 'enqueued')).toBe('died in the last 3 minutes')
})

test('completes the word at the caret', () => {
  expect(wordAt('a queue:"two w', 14).word).toBe('queue:"two w')
  expect(wordAt('state:de ffmpeg', 8)).toEqual({ start: 0, end: 8, word: 'state:de' })
  expect(wordAt('a ', 2).word).toBe('')
})

test('the caret stays after a key, and moves on after a value', () => {
  expect(acceptSuggestion('st', 2, { word: 'state:', hint: '' })).toEqual({ text: 'state:', caret: 6 })
  expect(acceptSuggestion('state:de ffmpeg', 8, { word: 'state:dead', hint: '' })).toEqual({ text: 'state:dead ffmpeg', caret: 10 })
  expect(acceptSuggestion('ffmpeg queue:g', 14, { word: 'queue:gpu', hint: '' })).toEqual({ text: 'ffmpeg queue:gpu ', caret: 17 })
})
