import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { api, unwrap } from '../../api/client'
import { QUERY_KEY } from '../../api/queries'

const PAGE_SIZE = 100
const REFETCH_MS = 5000

/** Filters of the audit log. */
export interface AuditFilter {
  job?: string
  actor?: string
}

/** The audit log, newest first, in pages. It is polled while only the first page is loaded. */
export const useAudit = (filter: AuditFilter) =>
  useInfiniteQuery({
    queryKey: [QUERY_KEY.audit, filter],
    queryFn: ({ pageParam }) =>
      unwrap(api.GET('/api/audit', { params: { query: { ...filter, limit: PAGE_SIZE, ...(pageParam !== null && { cursor: pageParam }) } } })),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next_cursor }) => next_cursor,
    staleTime: 0,
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 0) <= 1 ? REFETCH_MS : false),
  })

/** The latest audit entries of a job; refetched when the job changes. */
export const useJobAudit = (job: string, limit: number) =>
  useQuery({
    queryKey: [QUERY_KEY.job, job, QUERY_KEY.audit],
    queryFn: () => unwrap(api.GET('/api/audit', { params: { query: { job, limit } } })),
  })
