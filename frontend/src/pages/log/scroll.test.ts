import { expect, test } from 'vitest'
import { anchor, scrollTopFor, maxPosition, scrollHeight, positionAfterScroll, positionOf } from './scroll'

const short = { lines: 1000, lineHeight: 20, window: 500 }
const long = { lines: 10_000_000, lineHeight: 20, window: 500 }

test('if everything fits, the scroll bar is the position', () => {
  expect(scrollHeight(short)).toBe(20_000)
  expect(scrollTopFor(1234, short)).toBeCloseTo(1234)
  expect(positionAfterScroll(1234, 1234, 1300, short)).toBe(1300)
})

test('a line is where it would be without scaling', () => {
  for (const position of [0, 777, 19_300, maxPosition(short)]) {
    const { line, y } = anchor(position, short)
    expect(y - line * short.lineHeight).toBeCloseTo(-position)
  }
})

test('the end is anchored at the bottom, the start at the top', () => {
  expect(anchor(maxPosition(short), short)).toEqual({ line: 1000, y: 500 })
  expect(anchor(0, short)).toEqual({ line: 0, y: 0 })
  expect(anchor(0, { ...short, lines: 3 })).toEqual({ line: 0, y: 0 })
})

test('in very long output, small steps skip no line and large steps reach every line', () => {
  expect(scrollHeight(long)).toBeLessThan(17_000_000)
  expect(positionAfterScroll(5_000_000, 400_000, 400_100, long)).toBe(5_000_100)
  expect(positionAfterScroll(0, 0, scrollHeight(long) / 2, long) / maxPosition(long)).toBeCloseTo(0.5, 3)
  expect(positionAfterScroll(5, 400, scrollHeight(long) - long.window, long)).toBe(maxPosition(long))
  expect(positionAfterScroll(5_000_000, 300, 0, long)).toBe(0)
})

test('a target is clamped to the output', () => {
  expect(positionOf({ kind: 'end' }, 0, 100, short)).toBe(19_500)
  expect(positionOf({ kind: 'line', line: 500 }, 0, 100, short)).toBe(9900)
  expect(positionOf({ kind: 'line', line: 5 }, 0, 200, short)).toBe(0)
  expect(positionOf({ kind: 'top', line: 90 }, 40, 100, short)).toBe(1000)
  expect(positionOf({ kind: 'line', line: 120 }, 0, 100, { ...short, lines: 0 })).toBe(0)
})
