import { expect, test } from 'vitest'
import { parse, PLAIN, plain, styleAfter } from './ansi'
import { look } from './look'

const styles = (line: string) => parse(line, PLAIN).parts.map(({ style }) => style)

test('text without sequences is one part', () => {
  expect(parse('as it is', PLAIN)).toEqual({ text: 'as it is', parts: [{ end: 8, style: {} }], style: {} })
})

test('colours and weights hold from where they are asked for', () => {
  const { text, parts } = parse('a\x1b[1;32mb\x1b[22mc\x1b[0md', PLAIN)
  expect(text).toBe('abcd')
  expect(parts.map(({ end }) => end)).toEqual([1, 2, 3, 4])
  expect(parts.map(({ style }) => Boolean(style.bold))).toEqual([false, true, false, false])
  expect(parts[2]?.style.fg).toBe(parts[1]?.style.fg)
  expect(parts[3]?.style).toEqual({})
})

test.each([
  ['256 colours', '\x1b[38;5;196mx', { fg: 'rgb(255 0 0)' }],
  ['greys', '\x1b[48;5;232mx', { bg: 'rgb(8 8 8)' }],
  ['true colours', '\x1b[38;2;1;2;3mx', { fg: 'rgb(1 2 3)' }],
  ['true colours with colons', '\x1b[38:2::1:2:3mx', { fg: 'rgb(1 2 3)' }],
  ['a colour and what is behind it', '\x1b[38;5;196;4mx', { fg: 'rgb(255 0 0)', underline: true }],
  ['nothing, which is a reset', '\x1b[1m\x1b[mx', {}],
  ['nonsense', '\x1b[38;9mx', { fg: 'rgb(41 37 36)' }],
])('%s are understood', (_, line, style) => {
  expect(styles(line)).toEqual([style])
})

test('a progress bar shows its last state, in its colour', () => {
  const { text, parts } = parse('\x1b[31m10%\r\x1b[32m100%', PLAIN)
  expect(text).toBe('100%')
  expect(parts).toHaveLength(1)
  expect(parse('windows line\r', PLAIN).text).toBe('windows line')
})

test('other sequences and control characters are left out', () => {
  expect(parse('\x1b[2K\x1b[?25la\x1b]8;;http://x\x07link\x1b]8;;\x1b\\\x07b\x00c\td', PLAIN).text).toBe('alinkbc\td')
})

test('the text of lines keeps its line breaks', () => {
  expect(plain('10%\r100%\n\x1b[32mgreen\x1b[0m\r\nlast')).toBe('100%\ngreen\nlast')
})

test('a very long line does not hold up the others', () => {
  const long = 'x'.repeat(1 << 20)
  expect(plain(`${long}\n1\r2\r\n`)).toBe(`${long}\n2\n`)
})

test('a style is carried on to the next line', () => {
  const style = styleAfter('\x1b[1mbold\n\x1b[0m\x1b[3mitalic\n')
  expect(parse('still', style).parts[0]?.style).toEqual({ italic: true })
})

test('what would be too dark to read is lightened, unless it has a ground of its own', () => {
  expect(look({ fg: 'rgb(0 0 0)' }).color).not.toBe('rgb(0 0 0)')
  expect(look({ fg: 'rgb(0 0 0)', bg: 'rgb(255 255 255)' }).color).toBe('rgb(0 0 0)')
  expect(look({ bg: 'rgb(250 204 21)' }).color).toBe('rgb(12 10 9)')
  expect(look({ fg: 'rgb(1 1 1)', inverse: true }).backgroundColor).toBe('rgb(1 1 1)')
})
