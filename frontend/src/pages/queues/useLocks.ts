import { useInfiniteQuery } from '@tanstack/react-query'
import { api, unwrap } from '../../api/client'
import { QUERY_KEY } from '../../api/queries'

const PAGE_SIZE = 100

/** The locks that jobs hold or need, by key, in pages. They change with the queues, and are refetched with them. */
export const useLocks = () =>
  useInfiniteQuery({
    queryKey: [QUERY_KEY.queues, 'locks'],
    queryFn: ({ pageParam }) =>
      unwrap(api.GET('/api/locks', { params: { query: { limit: PAGE_SIZE, ...(pageParam !== null && { cursor: pageParam }) } } })),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next_cursor }) => next_cursor,
  })
