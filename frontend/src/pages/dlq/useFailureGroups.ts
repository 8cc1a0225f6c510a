import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { api, unwrap } from '../../api/client'
import { QUERY_KEY } from '../../api/queries'
import { filterOf, parse } from '../../search/query'

/** Failure groups that match a search, largest first. */
export const useFailureGroups = (text: string) =>
  useQuery({
    queryKey: [QUERY_KEY.dead, 'groups', text],
    queryFn: async () => (await unwrap(api.GET('/api/dlq/groups', { params: { query: filterOf(parse(text), Date.now(), 'died') } }))).items,
    placeholderData: keepPreviousData,
  })

/** The jobs of a failure group that died last. */
export const useGroupJobs = (failure: string, text: string, limit: number) =>
  useQuery({
    queryKey: [QUERY_KEY.dead, 'jobs', failure, text],
    queryFn: async () => {
      const query = { ...filterOf(parse(text), Date.now(), 'died'), failure, limit, sort: '-finished_at' as const }
      return (await unwrap(api.GET('/api/dlq', { params: { query } }))).items
    },
  })
