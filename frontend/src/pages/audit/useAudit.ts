import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { api, ask } from '../../api/client'
import { KEY } from '../../api/queries'

const PAGE = 100
const AGE_MS = 5000

/** Which part of the log. */
export interface Wanted {
  job?: string
  actor?: string
}

/** The log, newest first, a page at a time. While only the first one is looked at, it follows what happens. */
export const useAudit = (wanted: Wanted) =>
  useInfiniteQuery({
    queryKey: [KEY.audit, wanted],
    queryFn: ({ pageParam }) =>
      ask(api.GET('/api/audit', { params: { query: { ...wanted, limit: PAGE, ...(pageParam !== null && { cursor: pageParam }) } } })),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next_cursor }) => next_cursor,
    staleTime: 0,
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 0) <= 1 ? AGE_MS : false),
  })

/** What was done to one job last. It is fetched anew when the job changes. */
export const useAuditOf = (job: string, limit: number) =>
  useQuery({
    queryKey: [KEY.job, job, KEY.audit],
    queryFn: () => ask(api.GET('/api/audit', { params: { query: { job, limit } } })),
  })
