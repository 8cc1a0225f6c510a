import { useSyncExternalStore } from 'react'

const TICK_MS = 1000
let now = Date.now()
let timer: ReturnType<typeof setInterval> | undefined
const watchers = new Set<() => void>()

/** One shared clock for all times on the page; it stops while the tab is hidden. */
function tick(watcher: () => void): () => void {
  watchers.add(watcher)
  timer ??= setInterval(() => {
    if (document.hidden) return
    now = Date.now()
    for (const each of watchers) each()
  }, TICK_MS)
  return () => {
    watchers.delete(watcher)
    if (watchers.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

/** Returns `of(now)`, where now is in milliseconds since the epoch; updates every second. */
export const useNow = <Shown>(of: (now: number) => Shown): Shown =>
  useSyncExternalStore(tick, () => of(timer ? now : (now = Date.now())))
