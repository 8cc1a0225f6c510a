import { expect, test } from 'vitest'
import { anchor, barFor, furthest, height, moved, positionOf } from './scroll'

const short = { lines: 1000, unit: 20, window: 500 }
const long = { lines: 10_000_000, unit: 20, window: 500 }

test('where all fits into the browser, the bar is the position', () => {
  expect(height(short)).toBe(20_000)
  expect(barFor(1234, short)).toBeCloseTo(1234)
  expect(moved(1234, 1234, 1300, short)).toBe(1300)
})

test('a line stands where it would without any scale', () => {
  for (const position of [0, 777, 19_300, furthest(short)]) {
    const { line, y } = anchor(position, short)
    expect(y - line * short.unit).toBeCloseTo(-position)
  }
})

test('at the end, the end is at the bottom; at the beginning, the beginning at the top', () => {
  expect(anchor(furthest(short), short)).toEqual({ line: 1000, y: 500 })
  expect(anchor(0, short)).toEqual({ line: 0, y: 0 })
  expect(anchor(0, { ...short, lines: 3 })).toEqual({ line: 0, y: 0 })
})

test('of very many lines none is skipped by small steps, and each can be reached by large ones', () => {
  expect(height(long)).toBeLessThan(17_000_000)
  expect(moved(5_000_000, 400_000, 400_100, long)).toBe(5_000_100)
  expect(moved(0, 0, height(long) / 2, long) / furthest(long)).toBeCloseTo(0.5, 3)
  expect(moved(5, 400, height(long) - long.window, long)).toBe(furthest(long))
  expect(moved(5_000_000, 300, 0, long)).toBe(0)
})

test('a place is kept within what there is', () => {
  expect(positionOf({ kind: 'end' }, 0, 100, short)).toBe(19_500)
  expect(positionOf({ kind: 'line', line: 500 }, 0, 100, short)).toBe(9900)
  expect(positionOf({ kind: 'line', line: 5 }, 0, 200, short)).toBe(0)
  expect(positionOf({ kind: 'top', line: 90 }, 40, 100, short)).toBe(1000)
  expect(positionOf({ kind: 'line', line: 120 }, 0, 100, { ...short, lines: 0 })).toBe(0)
})
