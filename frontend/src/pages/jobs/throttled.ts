export interface Throttled {
  (): void
  stop: () => void
}

/** Calls `run` at once, then no sooner than `milliseconds` after it last began and not before it has ended; once more
 *  after the last call. */
export function throttled(milliseconds: number, run: () => Promise<void>): Throttled {
  let timer: ReturnType<typeof setTimeout> | undefined
  let begun = -Infinity
  let running = false
  let again = false
  const call = () => {
    again = running
    if (running || timer !== undefined) return
    timer = setTimeout(begin, Math.max(0, begun + milliseconds - performance.now()))
  }
  const begin = () => {
    timer = undefined
    running = true
    begun = performance.now()
    void run().finally(() => {
      running = false
      if (again) call()
    })
  }
  const stop = () => {
    clearTimeout(timer)
    timer = undefined
    again = false
  }
  return Object.assign(call, { stop })
}
