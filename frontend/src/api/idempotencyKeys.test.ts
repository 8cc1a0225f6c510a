import { expect, test } from 'vitest'
import { idempotencyKeys } from './idempotencyKeys'

test('the key stays the same while the content is the same', () => {
  const keyOf = idempotencyKeys()
  const first = keyOf('{"command":"true"}')
  expect(first).toMatch(/^[0-9a-f]{32}$/)
  expect(keyOf('{"command":"true"}')).toBe(first)
  expect(keyOf('{"command":"false"}')).not.toBe(first)
  expect(keyOf('{"command":"true"}')).not.toBe(first)
})

test('each form has its own keys', () => {
  expect(idempotencyKeys()('same')).not.toBe(idempotencyKeys()('same'))
})
