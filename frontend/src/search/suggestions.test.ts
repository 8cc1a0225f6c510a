import { expect, test } from 'vitest'
import type { Key } from './query'
import { suggestions, taken, wordAt } from './suggestions'

const KEYS: Key[] = ['state', 'queue', 'tag', 'worker', 'since']
const known = { queues: ['gpu', 'default', 'two words'], workers: ['w1'], tags: ['nightly'] }
const words = (word: string) => suggestions(word, KEYS, known).map((each) => each.word)

test.each([
  ['', ['state:', 'queue:', 'tag:', 'worker:', 'since:']],
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
  ['error:x', []],
])('%s → %j', (word, expected) => {
  expect(words(word)).toEqual(expected)
})

test('the word at the caret is what is completed', () => {
  expect(wordAt('a queue:"two w', 14).word).toBe('queue:"two w')
  expect(wordAt('state:de ffmpeg', 8)).toEqual({ start: 0, end: 8, word: 'state:de' })
  expect(wordAt('a ', 2).word).toBe('')
})

test('a key waits for its value, a value is done', () => {
  expect(taken('st', 2, { word: 'state:', hint: '' })).toEqual({ text: 'state:', caret: 6 })
  expect(taken('state:de ffmpeg', 8, { word: 'state:dead', hint: '' })).toEqual({ text: 'state:dead ffmpeg', caret: 10 })
  expect(taken('ffmpeg queue:g', 14, { word: 'queue:gpu', hint: '' })).toEqual({ text: 'ffmpeg queue:gpu ', caret: 17 })
})
