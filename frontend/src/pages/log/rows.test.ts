import { expect, test } from 'vitest'
import { LineStore } from './lineStore'
import { MAX_LINE_BYTES, rows, textOf } from './rows'

const storeOf = (text: string | Uint8Array) => {
  const store = new LineStore()
  store.append(typeof text === 'string' ? new TextEncoder().encode(text) : text)
  return store
}

test('returns only existing lines', () => {
  expect(rows(storeOf('one\ntwo'), 1, 10).map(({ text }) => text)).toEqual(['two'])
  expect(rows(storeOf(''), 0, 10)).toEqual([])
})

test('a style continues over line breaks', () => {
  const [row] = rows(storeOf('\x1b[3mone\ntwo\nthree'), 2, 1)
  expect(row?.parts).toEqual([{ end: 5, style: { italic: true } }])
})

test('a very long line is cut and reports by how much', () => {
  const [row] = rows(storeOf('x'.repeat(MAX_LINE_BYTES + 500)), 0, 1)
  expect(row?.text).toHaveLength(MAX_LINE_BYTES)
  expect(row?.cut).toBe(500)
})

test('a very long progress bar shows its last state', () => {
  const [row] = rows(storeOf('working 50%\r'.repeat(5000) + 'done 100%'), 0, 1)
  expect(row).toMatchObject({ text: 'done 100%', cut: 0 })
})

test('invalid UTF-8 is tolerated', () => {
  const [row, next] = rows(storeOf(Uint8Array.of(0xff, 0x00, 0x80, 10, 0x61)), 0, 2)
  expect(row?.text).toBe('��')
  expect(next?.text).toBe('a')
})

test('the text of lines has no escape sequences', () => {
  expect(textOf(storeOf('one\n\x1b[31mtwo\x1b[0m\nthree\n'), 1, 2)).toBe('two\nthree')
})
