import {
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
  type InfiniteData,
} from '@tanstack/react-query'
import { useMessages } from '../components/messages'
import type { View } from '../view'
import { api, ask, type JobPage, type State } from './client'
import { withoutJob } from './pages'

export const JOBS = 'jobs'
export const JOB = 'job'
export const STATUS = 'status'

export function useStatus() {
  return useQuery({ queryKey: [STATUS], queryFn: () => ask(api.GET('/api/status')) })
}

export function useJobs({ tab, state, q }: View) {
  return useInfiniteQuery({
    queryKey: [JOBS, tab, tab === 'dead' ? '' : state, q],
    queryFn: ({ pageParam }) => {
      const query = { limit: 50, ...(q && { q }), ...(pageParam && { cursor: pageParam }) }
      return tab === 'dead'
        ? ask(api.GET('/api/dlq', { params: { query } }))
        : ask(api.GET('/api/jobs', { params: { query: { ...query, ...(state && { state }) } } }))
    },
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: (earlier) => earlier,
  })
}

export function useJob(id: string) {
  return useQuery({
    queryKey: [JOB, id],
    queryFn: () => ask(api.GET('/api/jobs/{id}', { params: { path: { id } } })),
  })
}

export type Action = 'retry' | 'cancel' | 'delete'

/** Does something with a job, and tells how it went. */
export function useAction() {
  const queries = useQueryClient()
  const { tell } = useMessages()
  return useMutation({
    mutationFn: async ({ action, id, state }: { action: Action; id: string; state: State }) => {
      const params = { path: { id } }
      if (action === 'retry') return ask(api.POST('/api/jobs/{id}/retry', { params }))
      if (action === 'cancel') return ask(api.POST('/api/jobs/{id}/cancel', { params }))
      const force = state === 'processing'
      return ask(api.DELETE('/api/jobs/{id}', { params: { ...params, query: { force } } }))
    },
    onSuccess: (_, { action, id }) => {
      tell('done', `${id}: ${{ retry: 'pending again', cancel: 'cancelled', delete: 'deleted' }[action]}`)
      if (action === 'delete') {
        queries.setQueriesData<InfiniteData<JobPage>>({ queryKey: [JOBS] }, (pages) => withoutJob(pages, id))
      }
      return queries.invalidateQueries({ queryKey: [JOBS] })
    },
    onError: (refusal) => tell('refused', refusal.message),
  })
}
