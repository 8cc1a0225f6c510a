import { expect, test } from 'vitest'
import { visible } from './visible'

test('what would clear a screen, colour it, or ring is shown as what it is', () => {
  expect(visible('\x1b[2J\x07\r\x9bm')).toBe('\\x1b[2J\\x07\\r\\x9bm')
})

test('what would turn the order of letters, or hide some, is seen', () => {
  expect(visible('rm \u202etxt.cod\u202c')).toBe('rm \\u202etxt.cod\\u202c')
  expect(visible('a\u200bb\ufeff\u2066c\u2069')).toBe('a\\u200bb\\ufeff\\u2066c\\u2069')
  expect(visible('\u{e0061}')).toBe('\\u{e0061}')
})

test('what people write stays as it is', () => {
  const text = 'echo "Grüße, שלום, 你好, 👩\u200d💻"\n\tprintf x'
  expect(visible(text)).toBe(text)
})
