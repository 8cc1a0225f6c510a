import { expect, test } from 'vitest'
import { LineStore } from './lineStore'

const bytes = (text: string) => new TextEncoder().encode(text)
const lineOf = (store: LineStore, line: number) => {
  const { start, end } = store.bounds(line)
  return new TextDecoder().decode(store.slice(start, end))
}

test('lines are joined across chunks', () => {
  const store = new LineStore()
  for (const part of ['one\ntw', 'o', '\n', '\nfo', 'ur']) store.append(bytes(part))
  expect(store.lines).toBe(4)
  expect([0, 1, 2, 3].map((line) => lineOf(store, line))).toEqual(['one', 'two', '', 'four'])
})

test('a trailing line break does not start a line', () => {
  const store = new LineStore()
  store.append(bytes('one\n'))
  expect(store.lines).toBe(1)
})

test('every line is found, even across chunk boundaries', () => {
  const store = new LineStore()
  const text = Array.from({ length: 300_000 }, (_, line) => `line ${line} of many\n`).join('')
  for (let at = 0; at < text.length; at += 65_537) store.append(bytes(text.slice(at, at + 65_537)))
  expect(store.lines).toBe(300_000)
  for (let line = 0; line < 300_000; line += 997) expect(lineOf(store, line)).toBe(`line ${line} of many`)
  expect(lineOf(store, 299_999)).toBe('line 299999 of many')
})

test('the oldest lines are dropped at the size limit, and line numbers stay correct', () => {
  const store = new LineStore(2 << 20)
  for (let line = 0; line < 500_000; line++) store.append(bytes(`line ${line}\n`))
  expect(store.lines).toBe(500_000)
  expect(store.first).toBeGreaterThan(200_000)
  expect(lineOf(store, store.first)).toBe(`line ${store.first}`)
  expect(lineOf(store, 499_999)).toBe('line 499999')
})

test('an endless line is limited, and later lines are kept', () => {
  const store = new LineStore(2 << 20)
  for (let part = 0; part < 100; part++) store.append(new Uint8Array(100_000).fill(120))
  expect(lineOf(store, store.lines - 1).length).toBeLessThanOrEqual(3 << 20)
  store.append(bytes('\nnext'))
  expect(store.lines).toBe(2)
  expect(lineOf(store, 1)).toBe('next')
})
