import { useSyncExternalStore } from 'react'
import { isLeaving } from '../session/leave'
import type { Progress } from './bulk'

/** What is being done with many jobs: it goes on, and is shown, while somebody looks at another page. */
interface Running extends Progress {
  stopping: boolean
}

let running: Running | undefined
const watchers = new Set<() => void>()

function become(next: Running | undefined): void {
  running = next
  for (const watcher of watchers) watcher()
}

/** False where something runs already. */
export function begin(progress: Progress): boolean {
  if (running) return false
  window.addEventListener('beforeunload', keep)
  become({ ...progress, stopping: false })
  return true
}

/** Counts a step; false where somebody wants it to stop. */
export function went(changed: number, skipped: number): boolean {
  if (running) become({ ...running, changed: running.changed + changed, skipped: running.skipped + skipped })
  return running?.stopping === false
}

export function stop(): void {
  if (running) become({ ...running, stopping: true })
}

/** How it ended. */
export function end(): Pick<Running, 'changed' | 'skipped' | 'stopping'> {
  const ended = running ?? { changed: 0, skipped: 0, stopping: false }
  window.removeEventListener('beforeunload', keep)
  become(undefined)
  return ended
}

/** Closing the page would leave the rest as it is; who is signed out cannot go on anyway. */
const keep = (event: BeforeUnloadEvent) => {
  if (!isLeaving()) event.preventDefault()
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher)
  return () => watchers.delete(watcher)
}

export const useRunning = () => useSyncExternalStore(watch, () => running)
