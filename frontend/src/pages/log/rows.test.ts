import { expect, test } from 'vitest'
import { LineStore } from './lineStore'
import { LONGEST, rows, textOf } from './rows'

const storeOf = (text: string | Uint8Array) => {
  const store = new LineStore()
  store.append(typeof text === 'string' ? new TextEncoder().encode(text) : text)
  return store
}

test('no more lines are given than there are', () => {
  expect(rows(storeOf('one\ntwo'), 1, 10).map(({ text }) => text)).toEqual(['two'])
  expect(rows(storeOf(''), 0, 10)).toEqual([])
})

test('a colour that was not ended with its line holds on', () => {
  const [row] = rows(storeOf('\x1b[3mone\ntwo\nthree'), 2, 1)
  expect(row?.parts).toEqual([{ end: 5, style: { italic: true } }])
})

test('a very long line is cut, and it says by how much', () => {
  const [row] = rows(storeOf('x'.repeat(LONGEST + 500)), 0, 1)
  expect(row?.text).toHaveLength(LONGEST)
  expect(row?.cut).toBe(500)
})

test('a very long progress bar shows its last state', () => {
  const [row] = rows(storeOf('working 50%\r'.repeat(5000) + 'done 100%'), 0, 1)
  expect(row).toMatchObject({ text: 'done 100%', cut: 0 })
})

test('what is not UTF-8 breaks nothing', () => {
  const [row, next] = rows(storeOf(Uint8Array.of(0xff, 0x00, 0x80, 10, 0x61)), 0, 2)
  expect(row?.text).toBe('��')
  expect(next?.text).toBe('a')
})

test('the text of lines is what they show', () => {
  expect(textOf(storeOf('one\n\x1b[31mtwo\x1b[0m\nthree\n'), 1, 2)).toBe('two\nthree')
})
