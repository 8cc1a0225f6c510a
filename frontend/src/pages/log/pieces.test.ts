import { expect, test } from 'vitest'
import { markedBy } from './marked'
import { pieces } from './pieces'
import { finder } from './search'

test('a match is marked across styles, and the other text stays', () => {
  const parts = [
    { end: 3, style: {} },
    { end: 6, style: { bold: true } },
  ]
  const found = pieces('abcdef', parts, finder('cd'))
  expect(found.map(({ text, hit }) => [text, hit])).toEqual([['ab', undefined], ['c', 0], ['d', 0], ['ef', undefined]])
})

test('matches of a line are counted', () => {
  expect(pieces('aba', [{ end: 3, style: {} }], finder('a')).map(({ hit }) => hit)).toEqual([0, undefined, 1])
})

test.each([
  ['#L12', { from: 12, to: 12 }],
  ['#L12-L7', { from: 7, to: 12 }],
  ['#L7-12', { from: 7, to: 12 }],
  ['#elsewhere', undefined],
])('%s points to its lines', (hash, marked) => {
  expect(markedBy(hash)).toEqual(marked)
})
