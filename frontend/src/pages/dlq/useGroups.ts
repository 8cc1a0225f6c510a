import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { api, ask } from '../../api/client'
import { KEY } from '../../api/queries'
import { filterOf, parse } from '../../search/query'

/** Groups of the dead jobs that a search finds, the largest first. */
export const useGroups = (text: string) =>
  useQuery({
    queryKey: [KEY.dead, 'groups', text],
    queryFn: async () => (await ask(api.GET('/api/dlq/groups', { params: { query: filterOf(parse(text), Date.now()) } }))).items,
    placeholderData: keepPreviousData,
  })

/** The jobs of one group that died last. */
export const useJobsOf = (failure: string, text: string, limit: number) =>
  useQuery({
    queryKey: [KEY.dead, 'jobs', failure, text],
    queryFn: async () => {
      const query = { ...filterOf(parse(text), Date.now()), failure, limit, sort: '-finished_at' as const }
      return (await ask(api.GET('/api/dlq', { params: { query } }))).items
    },
  })
