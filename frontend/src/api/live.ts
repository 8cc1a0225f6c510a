import { useQueryClient, type InfiniteData, type QueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import type { JobPage, Status } from './client'
import { JOB, JOBS, STATUS } from './jobs'
import { withChanges, type Change } from './pages'

export type ConnectionState = 'connecting' | 'live' | 'reconnecting'

const FETCH_AGAIN_MS = 400
const LONGEST_PAUSE_MS = 15_000

/** Keeps everything that is shown up to date through the event stream; returns whether it is. */
export function useLive(): ConnectionState {
  const queries = useQueryClient()
  const [state, setState] = useState<ConnectionState>('connecting')
  useEffect(() => listen(queries, setState), [queries])
  return state
}

function listen(queries: QueryClient, setState: (state: ConnectionState) => void): () => void {
  let source: EventSource | undefined
  let again: ReturnType<typeof setTimeout> | undefined
  let pause = 500
  let ended = false

  const open = () => {
    source = new EventSource('/api/events')
    source.onopen = () => {
      pause = 500
      setState('live')
      void queries.invalidateQueries()
    }
    source.onerror = () => {
      // Begin anew: the browser gives up for good after an answer such as 502.
      source?.close()
      if (ended) return
      setState('reconnecting')
      again = setTimeout(open, pause)
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS)
    }
    source.addEventListener('status', ({ data }: MessageEvent<string>) =>
      queries.setQueryData([STATUS], JSON.parse(data) as Status),
    )
    source.addEventListener('jobs', ({ data }: MessageEvent<string>) =>
      showChanges(queries, JSON.parse(data) as Change[]),
    )
    source.addEventListener('reset', () => void queries.invalidateQueries())
  }
  open()
  return () => {
    ended = true
    clearTimeout(again)
    source?.close()
  }
}

let fetchAgain: ReturnType<typeof setTimeout> | undefined

function showChanges(queries: QueryClient, changes: Change[]): void {
  queries.setQueriesData<InfiniteData<JobPage>>({ queryKey: [JOBS] }, (pages) => withChanges(pages, changes))
  // What an event does not tell (times, errors, who is new to the list) is fetched, but not for every event.
  fetchAgain ??= setTimeout(() => {
    fetchAgain = undefined
    void queries.invalidateQueries({ queryKey: [JOBS] })
  }, FETCH_AGAIN_MS)
  for (const { id, state } of changes) {
    if (state !== 'deleted') void queries.invalidateQueries({ queryKey: [JOB, id] })
  }
}
