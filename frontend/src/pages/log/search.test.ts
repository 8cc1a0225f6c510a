import { expect, test } from 'vitest'
import { LineStore } from './lineStore'
import { Search } from './search'

const storeOf = (text: string) => {
  const store = new LineStore()
  store.append(new TextEncoder().encode(text))
  return store
}

function lookedFor(words: string, store: LineStore): Search {
  const search = new Search(words, store)
  while (search.step(store.size));
  return search
}

test('each match is found on its line, small and capital letters alike', () => {
  expect(lookedFor('err', storeOf('Error\nfine\nan ERR and an err\n')).found).toEqual([0, 2, 2])
})

test('words are words, not patterns', () => {
  expect(lookedFor('a.b*', storeOf('aab\na.b*\n')).found).toEqual([1])
})

test('colours within a word, and what was overwritten, do not matter', () => {
  expect(lookedFor('green', storeOf('gre\x1b[32men\ngreen\rred\n')).found).toEqual([0])
})

test('very many lines are looked through to the last', () => {
  const text = Array.from({ length: 200_000 }, (_, line) => (line % 1000 === 999 ? 'here\n' : `line ${line}\n`)).join('')
  const { found } = lookedFor('here', storeOf(text))
  expect(found).toHaveLength(200)
  expect(found[199]).toBe(199_999)
})

test('a match in a line longer than a piece is found once, also where two pieces meet', () => {
  const mebibyte = 1 << 20
  expect(lookedFor('needle', storeOf(`${'x'.repeat(mebibyte - 3)}needle${'x'.repeat(mebibyte)}\nneedle`)).found).toEqual([0, 1])
})

test('what comes later is found later', () => {
  const store = storeOf('one\n')
  const search = lookedFor('one', store)
  store.append(new TextEncoder().encode('two\none\n'))
  while (search.step(store.size));
  expect(search.found).toEqual([0, 2])
})

test('the next match from a line on is known, and which one of its line a match is', () => {
  const search = lookedFor('a', storeOf('a\nb\naa\n'))
  expect(search.near(1)).toBe(1)
  expect([0, 1, 2].map((index) => search.nth(index))).toEqual([0, 0, 1])
  expect(search.near(99)).toBe(0)
})
