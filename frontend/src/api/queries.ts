import { useQuery } from '@tanstack/react-query'
import { api, unwrap, ApiError, type State } from './client'

const REFETCH_MS = 5000
const USAGE_REFETCH_MS = 2000
const WAITING: State[] = ['pending', 'failed']

/** The first part of each query key, by which the event stream invalidates queries. */
export const QUERY_KEY = {
  session: 'session',
  status: 'status',
  workers: 'workers',
  queues: 'queues',
  config: 'config',
  series: 'series',
  job: 'job',
  runs: 'runs',
  dead: 'dead',
  count: 'count',
  tokens: 'tokens',
  audit: 'audit',
  schedules: 'schedules',
  latestFires: 'latestFires',
} as const

export const useStatus = () => useQuery({ queryKey: [QUERY_KEY.status], queryFn: () => unwrap(api.GET('/api/status')) })

export const useWorkers = () =>
  useQuery({
    queryKey: [QUERY_KEY.workers],
    queryFn: async () => (await unwrap(api.GET('/api/workers'))).items,
    refetchInterval: ({ state }) => (state.data?.some(({ busy }) => busy > 0) ? USAGE_REFETCH_MS : false),
  })

export const useQueues = () =>
  useQuery({
    queryKey: [QUERY_KEY.queues],
    queryFn: async () => (await unwrap(api.GET('/api/queues'))).items,
    refetchInterval: REFETCH_MS, // the age of the oldest job grows without an event
  })

/** No event reports the resource usage of a running job or why a job waits, so both are polled. */
export const useJob = (id: string) =>
  useQuery({
    queryKey: [QUERY_KEY.job, id],
    queryFn: () => unwrap(api.GET('/api/jobs/{id}', { params: { path: { id } } })),
    retry: (failures, error) => failures < 1 && !(error instanceof ApiError && error.status === 404),
    refetchInterval: ({ state }) => (state.data?.state === 'processing' ? USAGE_REFETCH_MS : state.data && WAITING.includes(state.data.state) ? REFETCH_MS : false),
  })

export const useRuns = (id: string) =>
  useQuery({
    queryKey: [QUERY_KEY.runs, id],
    queryFn: async () => (await unwrap(api.GET('/api/jobs/{id}/runs', { params: { path: { id } } }))).items,
  })

export const useConfig = () =>
  useQuery({
    queryKey: [QUERY_KEY.config],
    queryFn: async () => (await unwrap(api.GET('/api/config'))).items,
  })

/**
 * The allowed commands of queues without a list of their own; null if any command is allowed or the setting is still
 * loading.
 */
export function useDefaultCommands(): string[] | null {
  const setting = useConfig().data?.find(({ key }) => key === 'default-commands')
  return setting?.type === 'commands' ? setting.value : null
}
