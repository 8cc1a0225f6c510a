import { expect, test } from 'vitest'
import { LineStore } from './lineStore'
import { Search } from './search'

const storeOf = (text: string) => {
  const store = new LineStore()
  store.append(new TextEncoder().encode(text))
  return store
}

function searchAll(words: string, store: LineStore): Search {
  const search = new Search(words, store)
  while (search.step(store.size));
  return search
}

test('finds matches case-insensitively, with their lines', () => {
  expect(searchAll('err', storeOf('Error\nfine\nan ERR and an err\n')).found).toEqual([0, 2, 2])
})

test('searches literally, not for a pattern', () => {
  expect(searchAll('a.b*', storeOf('aab\na.b*\n')).found).toEqual([1])
})

test('ignores escape sequences and overwritten text', () => {
  expect(searchAll('green', storeOf('gre\x1b[32men\ngreen\rred\n')).found).toEqual([0])
})

test('searches very many lines', () => {
  const text = Array.from({ length: 200_000 }, (_, line) => (line % 1000 === 999 ? 'here\n' : `line ${line}\n`)).join('')
  const { found } = searchAll('here', storeOf(text))
  expect(found).toHaveLength(200)
  expect(found[199]).toBe(199_999)
})

test('finds a match once in a line longer than a chunk, even across chunks', () => {
  const mebibyte = 1 << 20
  expect(searchAll('needle', storeOf(`${'x'.repeat(mebibyte - 3)}needle${'x'.repeat(mebibyte)}\nneedle`)).found).toEqual([0, 1])
})

test('finds matches in output that arrives later', () => {
  const store = storeOf('one\n')
  const search = searchAll('one', store)
  store.append(new TextEncoder().encode('two\none\n'))
  while (search.step(store.size));
  expect(search.found).toEqual([0, 2])
})

test('finds the first match from a line on, and its index within the line', () => {
  const search = searchAll('a', storeOf('a\nb\naa\n'))
  expect(search.firstFrom(1)).toBe(1)
  expect([0, 1, 2].map((index) => search.indexInLine(index))).toEqual([0, 0, 1])
  expect(search.firstFrom(99)).toBe(0)
})
