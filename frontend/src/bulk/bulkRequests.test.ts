import { expect, test } from 'vitest'
import { onlyEligible } from './bulkRequests'

test('a bulk action is restricted to states that allow it', () => {
  expect(onlyEligible({ q: 'x' }, 'retry')).toEqual({ q: 'x', state: 'failed,dead,cancelled' })
  expect(onlyEligible({ state: 'completed,dead' }, 'retry')).toEqual({ state: 'dead' })
  expect(onlyEligible({ state: 'completed' }, 'cancel')).toBeUndefined()
  expect(onlyEligible({ state: 'completed' }, 'delete')).toEqual({ state: 'completed' })
})
