import { useSyncExternalStore } from 'react'
import { isRedirecting } from '../session/redirectToSignIn'
import type { Progress } from './bulkRequests'

/** The state of the running bulk action. It continues, and stays visible, when the user moves to another page. */
interface Running extends Progress {
  stopping: boolean
}

let running: Running | undefined
const listeners = new Set<() => void>()

function update(next: Running | undefined): void {
  running = next
  for (const listener of listeners) listener()
}

/** Returns false if another bulk action is running. */
export function startBulk(progress: Progress): boolean {
  if (running) return false
  window.addEventListener('beforeunload', warnBeforeUnload)
  update({ ...progress, stopping: false })
  return true
}

/** Records a step; returns false if the user asked to stop. */
export function addStep(changed: number, skipped: number): boolean {
  if (running) update({ ...running, changed: running.changed + changed, skipped: running.skipped + skipped })
  return running?.stopping === false
}

export function stopBulk(): void {
  if (running) update({ ...running, stopping: true })
}

/** Ends the bulk action and returns its result. */
export function finishBulk(): Pick<Running, 'changed' | 'skipped' | 'stopping'> {
  const ended = running ?? { changed: 0, skipped: 0, stopping: false }
  window.removeEventListener('beforeunload', warnBeforeUnload)
  update(undefined)
  return ended
}

/** Leaving the page would stop the action halfway. After a sign-out it cannot continue anyway. */
const warnBeforeUnload = (event: BeforeUnloadEvent) => {
  if (!isRedirecting()) event.preventDefault()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export const useBulkProgress = () => useSyncExternalStore(subscribe, () => running)
