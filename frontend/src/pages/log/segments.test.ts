import { expect, test } from 'vitest'
import { parseLineHash } from './lineRange'
import { segments } from './segments'
import { searchPattern } from './search'

test('a match is highlighted across styles', () => {
  const parts = [
    { end: 3, style: {} },
    { end: 6, style: { bold: true } },
  ]
  const found = segments('abcdef', parts, searchPattern('cd'))
  expect(found.map(({ text, match }) => [text, match])).toEqual([['ab', undefined], ['c', 0], ['d', 0], ['ef', undefined]])
})

test('matches of a line are numbered', () => {
  expect(segments('aba', [{ end: 3, style: {} }], searchPattern('a')).map(({ match }) => match)).toEqual([0, undefined, 1])
})

test.each([
  ['#L12', { from: 12, to: 12 }],
  ['#L12-L7', { from: 7, to: 12 }],
  ['#L7-12', { from: 7, to: 12 }],
  ['#elsewhere', undefined],
])('%s points to its lines', (hash, marked) => {
  expect(parseLineHash(hash)).toEqual(marked)
})
