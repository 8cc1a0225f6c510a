import { useQueryClient, type QueryClient } from '@tanstack/react-query'
import { useEffect, useSyncExternalStore } from 'react'
import type { State, Status } from './client'
import { QUERY_KEY } from './queries'

/** `paused`: the tab is hidden. The page is up to date only while the state is `live`. */
export type ConnectionState = 'connecting' | 'live' | 'reconnecting' | 'paused'

/** A change of a job, as the event stream reports it. */
export interface Change {
  id: string
  state: State | 'deleted'
  queue?: string
  attempts?: number
  cancelling?: boolean
}

const FIRST_RETRY_MS = 500
const MAX_RETRY_MS = 15_000
const HIDDEN_POLL_MS = 30_000
/** The API sends an event at least every ten seconds; a connection that is silent for longer is broken. */
const MAX_SILENCE_MS = 25_000

/** The shortest time between two refetches of the same query. */
const MIN_REFETCH_MS = {
  [QUERY_KEY.job]: 200,
  [QUERY_KEY.queues]: 1000,
  [QUERY_KEY.workers]: 500,
  [QUERY_KEY.dead]: 1000,
  [QUERY_KEY.schedules]: 1000,
}

interface Connection {
  state: ConnectionState
  /** When the page was last known to be up to date, in milliseconds since the epoch; undefined if it never was. */
  lastSyncedAt: number | undefined
}

let connection: Connection = { state: 'connecting', lastSyncedAt: undefined }
const connectionListeners = new Set<() => void>()
const changeListeners = new Set<(changes: Change[] | 'reset') => void>()

function setConnection(state: ConnectionState, lastSyncedAt = Date.now()): void {
  if (state === connection.state) return
  connection = { state, lastSyncedAt: connection.state === 'live' ? lastSyncedAt : connection.lastSyncedAt }
  for (const listener of connectionListeners) listener()
}

function subscribeToConnection(listener: () => void): () => void {
  connectionListeners.add(listener)
  return () => connectionListeners.delete(listener)
}

/** The state of the event stream. */
export const useConnection = () => useSyncExternalStore(subscribeToConnection, () => connection)

/**
 * Calls the listener with every change of a job while the page is live; `reset` means that changes were missed and
 * everything should be refetched. Returns a function that unsubscribes.
 */
export function onChanges(listener: (changes: Change[] | 'reset') => void): () => void {
  changeListeners.add(listener)
  return () => changeListeners.delete(listener)
}

/** Keeps all queries up to date through the event stream; pauses while the tab is hidden. */
export function useLiveUpdates(): void {
  const queries = useQueryClient()
  useEffect(() => subscribe(queries), [queries])
}

function subscribe(queries: QueryClient): () => void {
  let source: EventSource | undefined
  let retryTimer: ReturnType<typeof setTimeout> | undefined
  let retryDelay = FIRST_RETRY_MS
  let lastEventAt = Date.now()
  const scheduleRefetch = throttledRefetch(queries)

  const open = () => {
    lastEventAt = Date.now()
    source = new EventSource('/api/events')
    source.onopen = () => {
      retryDelay = FIRST_RETRY_MS
      setConnection('live')
      reset()
    }
    source.onerror = () => reconnect(Date.now())
    source.addEventListener('status', ({ data }: MessageEvent<string>) => {
      lastEventAt = Date.now()
      const before = queries.getQueryData<Status>([QUERY_KEY.status])
      const now = JSON.parse(data) as Status
      queries.setQueryData([QUERY_KEY.status], now)
      if (before?.holding_still?.workers !== now.holding_still?.workers) scheduleRefetch(QUERY_KEY.workers)
    })
    source.addEventListener('jobs', ({ data }: MessageEvent<string>) => onJobsChanged(JSON.parse(data) as Change[]))
    source.addEventListener('workers', () => scheduleRefetch(QUERY_KEY.workers))
    source.addEventListener('queues', () => scheduleRefetch(QUERY_KEY.queues))
    source.addEventListener('schedules', () => scheduleRefetch(QUERY_KEY.schedules))
    source.addEventListener('config', () => void queries.invalidateQueries({ queryKey: [QUERY_KEY.config] }))
    source.addEventListener('reset', reset)
  }
  // Opens a new connection, because the browser gives up for good after a response such as 502.
  const reconnect = (lastSyncedAt: number) => {
    close()
    setConnection('reconnecting', lastSyncedAt)
    // An EventSource does not expose why it was rejected; refetching the session does.
    void queries.invalidateQueries({ queryKey: [QUERY_KEY.session] })
    retryTimer = setTimeout(open, retryDelay * (0.75 + Math.random() / 2))
    retryDelay = Math.min(retryDelay * 2, MAX_RETRY_MS)
  }
  const close = () => {
    clearTimeout(retryTimer)
    source?.close()
    source = undefined
  }
  const reset = () => {
    void queries.invalidateQueries()
    for (const listener of changeListeners) listener('reset')
  }
  const onJobsChanged = (changes: Change[]) => {
    for (const listener of changeListeners) listener(changes)
    for (const { id } of changes) scheduleRefetch(QUERY_KEY.job, id)
    scheduleRefetch(QUERY_KEY.queues)
    scheduleRefetch(QUERY_KEY.workers)
    scheduleRefetch(QUERY_KEY.dead)
  }
  const onVisibilityChange = () => {
    close()
    if (document.hidden) setConnection('paused')
    else {
      setConnection('connecting')
      open()
    }
  }

  // The title of the tab shows dead jobs even while the tab is hidden.
  const poll = setInterval(() => {
    if (document.hidden) void queries.invalidateQueries({ queryKey: [QUERY_KEY.status] })
  }, HIDDEN_POLL_MS)
  // Detects a connection that ended silently, for example while a laptop was asleep.
  const watchdog = setInterval(() => {
    if (source && Date.now() - lastEventAt > MAX_SILENCE_MS) reconnect(lastEventAt)
  }, 1000)
  document.addEventListener('visibilitychange', onVisibilityChange)
  onVisibilityChange()
  return () => {
    document.removeEventListener('visibilitychange', onVisibilityChange)
    clearInterval(poll)
    clearInterval(watchdog)
    close()
  }
}

/** Refetches active queries: immediately, then at most once every MIN_REFETCH_MS, and once more after the last call. */
function throttledRefetch(queries: QueryClient): (key: keyof typeof MIN_REFETCH_MS, id?: string) => void {
  const pending = new Map<string, boolean>()
  const fetch = (queryKey: string[]) => void queries.invalidateQueries({ queryKey }, { cancelRefetch: false })
  return (key, id) => {
    const queryKey = id === undefined ? [key] : [key, id]
    const name = queryKey.join(' ')
    if (pending.has(name)) {
      pending.set(name, true)
      return
    }
    if (queries.getQueryCache().findAll({ queryKey, type: 'active' }).length === 0) return
    fetch(queryKey)
    pending.set(name, false)
    const onInterval = () => {
      // A response under way may be older than the change, so another refetch follows it.
      if (queries.isFetching({ queryKey }) === 0) {
        if (!pending.get(name)) {
          pending.delete(name)
          return
        }
        fetch(queryKey)
        pending.set(name, false)
      }
      setTimeout(onInterval, MIN_REFETCH_MS[key])
    }
    setTimeout(onInterval, MIN_REFETCH_MS[key])
  }
}
