import { STATES } from '../../api/client'
import { useQueues, useStatus } from '../../api/queries'
import type { Filter } from '../../search/query'
import type { Listing, ListState } from './listing'

/**
 * The number of jobs in the list, if it is known without a query: from the status counts, or because the list is fully
 * loaded.
 */
export function useTotal({ filter, sort }: Listing, { rows, more, loading, error }: ListState): number | undefined {
  const all = useStatus().data?.jobs
  const queue = useQueues().data?.find(({ name }) => name === filter.queue)
  if (error) return undefined
  if (!more && !loading) return rows.length
  if (!hasKnownCounts(filter) || sort.endsWith('finished_at')) return undefined
  const counts = filter.queue == null ? all : queue?.jobs
  if (!counts) return undefined
  const states = filter.state?.split(',') ?? STATES
  return STATES.filter((state) => states.includes(state)).reduce((sum, state) => sum + counts[state], 0)
}

const hasKnownCounts = (filter: Filter) => Object.keys(filter).every((key) => key === 'state' || key === 'queue')
