import { expect, test } from 'vitest'
import { formatView, parseView } from './view'

test('a view survives the way through the URL', () => {
  const view = { tab: 'dead', state: '', q: 'a & b = "c"', log: 'job:1' } as const
  expect(parseView(formatView(view))).toEqual(view)
})

test('the plain page has a plain URL', () => {
  expect(formatView(parseView(''))).toBe('')
})

test('what is unknown is passed over', () => {
  expect(parseView('?tab=nope&foo=1')).toEqual(parseView(''))
})
