import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { throttle } from './throttle'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('runs immediately, then at the given rate, and once more after the last call', async () => {
  let times = 0
  const look = throttle(250, () => {
    times++
    return Promise.resolve()
  })
  look()
  await vi.advanceTimersByTimeAsync(1)
  expect(times).toBe(1)
  for (let call = 0; call < 50; call++) look()
  await vi.advanceTimersByTimeAsync(240)
  expect(times).toBe(1)
  await vi.advanceTimersByTimeAsync(1000)
  expect(times).toBe(2)
  look()
  look.stop()
  await vi.advanceTimersByTimeAsync(1000)
  expect(times).toBe(2)
})

test('never runs concurrently', async () => {
  let running = 0
  let most = 0
  const look = throttle(10, async () => {
    most = Math.max(most, ++running)
    await new Promise((done) => setTimeout(done, 100))
    running--
  })
  for (let call = 0; call < 20; call++) {
    look()
    await vi.advanceTimersByTimeAsync(30)
  }
  expect(most).toBe(1)
})
