import { STATES } from '../../api/client'
import { useQueues, useStatus } from '../../api/queries'
import type { Filter } from '../../search/query'
import type { Listing, Shown } from './listing'

/** How many jobs the list has, where that is known without counting them: kept counts, or a list that is loaded whole. */
export function useTotal({ filter, sort }: Listing, { rows, more, loading, error }: Shown): number | undefined {
  const all = useStatus().data?.jobs
  const queue = useQueues().data?.find(({ name }) => name === filter.queue)
  if (error) return undefined
  if (!more && !loading) return rows.length
  if (!isKept(filter) || sort.endsWith('finished_at')) return undefined
  const counts = filter.queue == null ? all : queue?.jobs
  if (!counts) return undefined
  const states = filter.state?.split(',') ?? STATES
  return STATES.filter((state) => states.includes(state)).reduce((sum, state) => sum + counts[state], 0)
}

const isKept = (filter: Filter) => Object.keys(filter).every((key) => key === 'state' || key === 'queue')
