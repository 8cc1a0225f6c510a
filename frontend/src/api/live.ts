import { useQueryClient, type QueryClient } from '@tanstack/react-query'
import { useEffect, useSyncExternalStore } from 'react'
import type { State, Status } from './client'
import { KEY } from './queries'

/** `resting`: nobody looks at the tab. Only what is `live` is what is. */
export type ConnectionState = 'connecting' | 'live' | 'reconnecting' | 'resting'

/** A job that changed, as the event stream tells it. */
export interface Change {
  id: string
  state: State | 'deleted'
  queue?: string
  attempts?: number
  cancelling?: boolean
}

const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 15_000
const LOOK_WHILE_RESTING_MS = 30_000
/** The API says something every ten seconds at least: a connection that is silent for longer is none. */
const LONGEST_SILENCE_MS = 25_000

/** How often queries are fetched anew at most, however much happens. */
const AGAIN_MS = { [KEY.job]: 200, [KEY.queues]: 1000, [KEY.workers]: 500, [KEY.dead]: 1000 }

interface Connection {
  state: ConnectionState
  /** When what is shown was last known to be true, in milliseconds since the epoch; undefined: it never was. */
  trueAt: number | undefined
}

let connection: Connection = { state: 'connecting', trueAt: undefined }
const watchers = new Set<() => void>()
const listeners = new Set<(changes: Change[] | 'reset') => void>()

function become(state: ConnectionState, trueAt = Date.now()): void {
  if (state === connection.state) return
  connection = { state, trueAt: connection.state === 'live' ? trueAt : connection.trueAt }
  for (const watcher of watchers) watcher()
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher)
  return () => watchers.delete(watcher)
}

/** Whether what is shown is what is. */
export const useConnection = () => useSyncExternalStore(watch, () => connection)

/** Hear of every change of a job while the page is live; `reset`: some were missed, so fetch again what you show. */
export function onChanges(listener: (changes: Change[] | 'reset') => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Keeps all that is shown up to date through the event stream; rests while the tab is hidden. */
export function useLive(): void {
  const queries = useQueryClient()
  useEffect(() => live(queries), [queries])
}

function live(queries: QueryClient): () => void {
  let source: EventSource | undefined
  let again: ReturnType<typeof setTimeout> | undefined
  let pause = FIRST_PAUSE_MS
  let heardAt = Date.now()
  const later = throttled(queries)

  const open = () => {
    heardAt = Date.now()
    source = new EventSource('/api/events')
    source.onopen = () => {
      pause = FIRST_PAUSE_MS
      become('live')
      reset()
    }
    source.onerror = () => lost(Date.now())
    source.addEventListener('status', ({ data }: MessageEvent<string>) => {
      heardAt = Date.now()
      queries.setQueryData([KEY.status], JSON.parse(data) as Status)
    })
    source.addEventListener('jobs', ({ data }: MessageEvent<string>) => changed(JSON.parse(data) as Change[]))
    source.addEventListener('workers', () => later(KEY.workers))
    source.addEventListener('queues', () => later(KEY.queues))
    source.addEventListener('config', () => void queries.invalidateQueries({ queryKey: [KEY.config] }))
    source.addEventListener('reset', reset)
  }
  // Begin anew: the browser gives up for good after an answer such as 502.
  const lost = (trueAt: number) => {
    close()
    become('reconnecting', trueAt)
    // An event stream does not tell why it was refused: asking who is signed in does.
    void queries.invalidateQueries({ queryKey: [KEY.session] })
    again = setTimeout(open, pause * (0.75 + Math.random() / 2))
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS)
  }
  const close = () => {
    clearTimeout(again)
    source?.close()
    source = undefined
  }
  const reset = () => {
    void queries.invalidateQueries()
    for (const listener of listeners) listener('reset')
  }
  const changed = (changes: Change[]) => {
    for (const listener of listeners) listener(changes)
    for (const { id } of changes) later(KEY.job, id)
    later(KEY.queues)
    later(KEY.workers)
    later(KEY.dead)
  }
  const seen = () => {
    close()
    if (document.hidden) become('resting')
    else {
      become('connecting')
      open()
    }
  }

  // The tab's title tells of failures also when nobody looks.
  const look = setInterval(() => {
    if (document.hidden) void queries.invalidateQueries({ queryKey: [KEY.status] })
  }, LOOK_WHILE_RESTING_MS)
  // Nothing tells of a connection that ended without a word, as when a laptop has slept.
  const listen = setInterval(() => {
    if (source && Date.now() - heardAt > LONGEST_SILENCE_MS) lost(heardAt)
  }, 1000)
  document.addEventListener('visibilitychange', seen)
  seen()
  return () => {
    document.removeEventListener('visibilitychange', seen)
    clearInterval(look)
    clearInterval(listen)
    close()
  }
}

/** Fetches anew what is looked at: at once, then no more often than AGAIN_MS says, and once more after the last call. */
function throttled(queries: QueryClient): (key: keyof typeof AGAIN_MS, id?: string) => void {
  const waiting = new Map<string, boolean>()
  const fetch = (queryKey: string[]) => void queries.invalidateQueries({ queryKey }, { cancelRefetch: false })
  return (key, id) => {
    const queryKey = id === undefined ? [key] : [key, id]
    const name = queryKey.join(' ')
    if (waiting.has(name)) {
      waiting.set(name, true)
      return
    }
    if (queries.getQueryCache().findAll({ queryKey, type: 'active' }).length === 0) return
    fetch(queryKey)
    waiting.set(name, false)
    const passed = () => {
      // What is being fetched may be older than the change: another look is due after it.
      if (queries.isFetching({ queryKey }) === 0) {
        if (!waiting.get(name)) {
          waiting.delete(name)
          return
        }
        fetch(queryKey)
        waiting.set(name, false)
      }
      setTimeout(passed, AGAIN_MS[key])
    }
    setTimeout(passed, AGAIN_MS[key])
  }
}
