import { expect, test } from 'vitest'
import { bytesOf, sizeText } from './byteSize'

test.each([
  ['512M', 536_870_912],
  ['512 MiB', 536_870_912],
  ['512 MB', 512_000_000],
  ['1.5g', 1_610_612_736],
  ['2kB', 2000],
  ['1048576', 1_048_576],
  ['100 B', 100],
])('%s is %d bytes', (text, bytes) => expect(bytesOf(text)).toBe(bytes))

test.each(['', 'much', '-1', '5 apples', '0.3', '1e9', 'M'])('%s is not a size', (text) => expect(bytesOf(text)).toBeUndefined())

test.each([1, 1023, 1024, 2000, 512_000_000, 536_870_912, 1 << 30, 1_234_567, 3 * 2 ** 40])('%d bytes survive formatting and parsing', (bytes) =>
  expect(bytesOf(sizeText(bytes))).toBe(bytes),
)
