import { expect, test } from 'vitest'
import { escapeHidden } from './escapeHidden'

test('control characters are escaped', () => {
  expect(escapeHidden('\x1b[2J\x07\r\x9bm')).toBe('\\x1b[2J\\x07\\r\\x9bm')
})

test('characters that reorder or hide text are escaped', () => {
  expect(escapeHidden('rm \u202etxt.cod\u202c')).toBe('rm \\u202etxt.cod\\u202c')
  expect(escapeHidden('a\u200bb\ufeff\u2066c\u2069')).toBe('a\\u200bb\\ufeff\\u2066c\\u2069')
  expect(escapeHidden('\u{e0061}')).toBe('\\u{e0061}')
})

test('ordinary text stays unchanged', () => {
  const text = 'echo "Grüße, שלום, 你好, 👩\u200d💻"\n\tprintf x'
  expect(escapeHidden(text)).toBe(text)
})
