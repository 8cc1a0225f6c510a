export interface ThrottledFunction {
  (): void
  stop: () => void
}

/**
 * Calls `run` immediately, then at most once per `milliseconds` and never concurrently; once more after the last call.
 */
export function throttle(milliseconds: number, run: () => Promise<void>): ThrottledFunction {
  let timer: ReturnType<typeof setTimeout> | undefined
  let startedAt = -Infinity
  let running = false
  let callAgain = false
  const call = () => {
    callAgain = running
    if (running || timer !== undefined) return
    timer = setTimeout(start, Math.max(0, startedAt + milliseconds - performance.now()))
  }
  const start = () => {
    timer = undefined
    running = true
    startedAt = performance.now()
    void run().finally(() => {
      running = false
      if (callAgain) call()
    })
  }
  const stop = () => {
    clearTimeout(timer)
    timer = undefined
    callAgain = false
  }
  return Object.assign(call, { stop })
}
