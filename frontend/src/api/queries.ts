import { useQuery } from '@tanstack/react-query'
import { api, ask, Refused } from './client'

const AGE_MS = 5000
const USAGE_MS = 2000

/** The first part of each query's key: what the event stream says has changed is fetched anew by it. */
export const KEY = {
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
} as const

export const useStatus = () => useQuery({ queryKey: [KEY.status], queryFn: () => ask(api.GET('/api/status')) })

export const useWorkers = () =>
  useQuery({
    queryKey: [KEY.workers],
    queryFn: async () => (await ask(api.GET('/api/workers'))).items,
    refetchInterval: ({ state }) => (state.data?.some(({ busy }) => busy > 0) ? USAGE_MS : false),
  })

export const useQueues = () =>
  useQuery({
    queryKey: [KEY.queues],
    queryFn: async () => (await ask(api.GET('/api/queues'))).items,
    refetchInterval: AGE_MS, // how long the oldest job has waited grows by itself
  })

/** While it runs, what it uses is looked at every two seconds: no event tells of that. */
export const useJob = (id: string) =>
  useQuery({
    queryKey: [KEY.job, id],
    queryFn: () => ask(api.GET('/api/jobs/{id}', { params: { path: { id } } })),
    retry: (failures, error) => failures < 1 && !(error instanceof Refused && error.status === 404),
    refetchInterval: ({ state }) => (state.data?.state === 'processing' ? 2000 : false),
  })

export const useRuns = (id: string) =>
  useQuery({
    queryKey: [KEY.runs, id],
    queryFn: async () => (await ask(api.GET('/api/jobs/{id}/runs', { params: { path: { id } } }))).items,
  })

export const useConfig = () =>
  useQuery({
    queryKey: [KEY.config],
    queryFn: async () => (await ask(api.GET('/api/config'))).items,
  })

/** The commands that queues without a list of their own take; null: all, or not known yet. */
export function useDefaultCommands(): string[] | null {
  const setting = useConfig().data?.find(({ key }) => key === 'default-commands')
  return setting?.type === 'commands' ? setting.value : null
}
