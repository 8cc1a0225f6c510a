import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { api, ApiError, unwrap, type Fire } from '../../api/client'
import { QUERY_KEY } from '../../api/queries'

const PAGE_SIZE = 100
const LATEST_FIRES = 20
const REFETCH_MS = 5000

const retry = (failures: number, error: Error) => failures < 1 && !(error instanceof ApiError && error.status === 404)

/** All schedules by name, in pages. */
export const useSchedules = () =>
  useInfiniteQuery({
    queryKey: [QUERY_KEY.schedules, 'list'],
    queryFn: ({ pageParam }) =>
      unwrap(api.GET('/api/schedules', { params: { query: { limit: PAGE_SIZE, ...(pageParam !== null && { cursor: pageParam }) } } })),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next_cursor }) => next_cursor,
  })

export const useSchedule = (name: string) =>
  useQuery({
    queryKey: [QUERY_KEY.schedules, 'one', name],
    queryFn: () => unwrap(api.GET('/api/schedules/{name}', { params: { path: { name } } })),
    retry,
  })

/** The next ten times of a schedule. */
export const useNextTimes = (name: string) =>
  useQuery({
    queryKey: [QUERY_KEY.schedules, 'next', name],
    queryFn: async () => (await unwrap(api.GET('/api/schedules/{name}/next', { params: { path: { name } } }))).items,
    retry,
  })

/** What became of a schedule's times, newest first, in pages. */
export const useHistory = (name: string) =>
  useInfiniteQuery({
    queryKey: [QUERY_KEY.schedules, 'history', name],
    queryFn: ({ pageParam }) =>
      unwrap(api.GET('/api/schedules/{name}/history', { params: { path: { name }, query: { limit: PAGE_SIZE, ...(pageParam !== null && { cursor: pageParam }) } } })),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next_cursor }) => next_cursor,
    retry,
  })

/**
 * The latest fires of a schedule, oldest first. They are fetched again when its latest fire is another one, so that in a
 * long list only the schedules that fired are; and from time to time while one waits for its turn.
 */
export const useLatestFires = (name: string, last: Fire | null) =>
  useQuery({
    queryKey: [QUERY_KEY.latestFires, name, last],
    queryFn: async () => {
      const { items } = await unwrap(api.GET('/api/schedules/{name}/history', { params: { path: { name }, query: { limit: LATEST_FIRES } } }))
      return items.reverse()
    },
    enabled: last !== null,
    retry,
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => (state.data?.some(({ outcome, job }) => outcome === 'enqueued' && job === null) ? REFETCH_MS : false),
  })
