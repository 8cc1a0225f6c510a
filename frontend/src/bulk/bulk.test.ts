import { expect, test } from 'vitest'
import { narrowed } from './bulk'

test('what is done to all is asked of those only with whom it can be done', () => {
  expect(narrowed({ q: 'x' }, 'retry')).toEqual({ q: 'x', state: 'failed,dead,cancelled' })
  expect(narrowed({ state: 'completed,dead' }, 'retry')).toEqual({ state: 'dead' })
  expect(narrowed({ state: 'completed' }, 'cancel')).toBeUndefined()
  expect(narrowed({ state: 'completed' }, 'delete')).toEqual({ state: 'completed' })
})
