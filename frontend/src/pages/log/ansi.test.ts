import { expect, test } from 'vitest'
import { parse, PLAIN, stripAnsi, styleAfter } from './ansi'
import { toCss } from './ansiCss'

const styles = (line: string) => parse(line, PLAIN).ranges.map(({ style }) => style)

test('text without escape sequences is one range', () => {
  expect(parse('as it is', PLAIN)).toEqual({ text: 'as it is', ranges: [{ end: 8, style: {} }], style: {} })
})

test('colours and weights apply from their sequence on', () => {
  const { text, ranges } = parse('a\x1b[1;32mb\x1b[22mc\x1b[0md', PLAIN)
  expect(text).toBe('abcd')
  expect(ranges.map(({ end }) => end)).toEqual([1, 2, 3, 4])
  expect(ranges.map(({ style }) => Boolean(style.bold))).toEqual([false, true, false, false])
  expect(ranges[2]?.style.fg).toBe(ranges[1]?.style.fg)
  expect(ranges[3]?.style).toEqual({})
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
  const { text, ranges } = parse('\x1b[31m10%\r\x1b[32m100%', PLAIN)
  expect(text).toBe('100%')
  expect(ranges).toHaveLength(1)
  expect(parse('windows line\r', PLAIN).text).toBe('windows line')
})

test('other sequences and control characters are removed', () => {
  expect(parse('\x1b[2K\x1b[?25la\x1b]8;;http://x\x07link\x1b]8;;\x1b\\\x07b\x00c\td', PLAIN).text).toBe('alinkbc\td')
})

test('the text of lines keeps its line breaks', () => {
  expect(stripAnsi('10%\r100%\n\x1b[32mgreen\x1b[0m\r\nlast')).toBe('100%\ngreen\nlast')
})

test('a very long line is parsed quickly', () => {
  const long = 'x'.repeat(1 << 20)
  expect(stripAnsi(`${long}\n1\r2\r\n`)).toBe(`${long}\n2\n`)
})

test('a style carries over to the next line', () => {
  const style = styleAfter('\x1b[1mbold\n\x1b[0m\x1b[3mitalic\n')
  expect(parse('still', style).ranges[0]?.style).toEqual({ italic: true })
})

test('dark colours are lightened, unless they have their own background', () => {
  expect(toCss({ fg: 'rgb(0 0 0)' }).color).not.toBe('rgb(0 0 0)')
  expect(toCss({ fg: 'rgb(0 0 0)', bg: 'rgb(255 255 255)' }).color).toBe('rgb(0 0 0)')
  expect(toCss({ bg: 'rgb(250 204 21)' }).color).toBe('rgb(12 10 9)')
  expect(toCss({ fg: 'rgb(1 1 1)', inverse: true }).backgroundColor).toBe('rgb(1 1 1)')
})
