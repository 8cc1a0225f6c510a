import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { isAllowed, type Action } from '../../jobs/useJobActions'
import { api, unwrap, type Job } from '../../api/client'
import { QUERY_KEY } from '../../api/queries'
import { Button } from '../../components/Button'
import { formatNumber, plural } from '../../components/numbers'
import type { Filter } from '../../search/query'
import { SORTS, type Sort } from './listing'

const SORT_NAMES: Record<Sort, string> = {
  '-created_at': 'Newest first',
  created_at: 'Oldest first',
  '-finished_at': 'Recently finished first',
  finished_at: 'Earliest finished first',
}

/** Shown above the list: the number of jobs and the sort order. */
export function Toolbar({ total, sort, sortBy, children }: { total: number | undefined; sort: Sort; sortBy: (sort: Sort) => void; children: ReactNode }) {
  return (
    <>
      <p role="status" className="muted mr-auto text-sm tabular-nums">
        {total === undefined ? '' : plural(total, 'job')}
      </p>
      <select
        aria-label="Sort"
        value={sort}
        onChange={({ target }) => sortBy(target.value as Sort)}
        className="field px-2 py-1 text-xs"
      >
        {SORTS.map((each) => (
          <option key={each} value={each}>
            {SORT_NAMES[each]}
          </option>
        ))}
      </select>
      {children}
    </>
  )
}

const ACTIONS: [Action, string][] = [
  ['retry', 'Retry'],
  ['cancel', 'Cancel'],
  ['delete', 'Delete'],
]

interface SelectionProps {
  jobs: Job[]
  filter: Filter
  /** All loaded jobs are selected, and there are more. */
  allLoaded: boolean
  /** All matching jobs are selected. */
  allMatching: boolean
  selectAllMatching: () => void
  act: (action: Action) => void
  clear: () => void
}

/** Replaces the toolbar while jobs are selected. */
export function Selection({ jobs, filter, allLoaded, allMatching, selectAllMatching, act, clear }: SelectionProps) {
  const count = useQuery({
    queryKey: [QUERY_KEY.count, filter],
    queryFn: () => unwrap(api.GET('/api/count', { params: { query: filter } })),
    enabled: allLoaded,
    staleTime: 0,
  }).data
  const matching = count ? ` (${count.complete ? '' : 'more than '}${formatNumber(count.count)})` : ''
  return (
    <>
      <p role="status" className="text-sm font-medium tabular-nums">
        {allMatching ? `All matching jobs selected${matching}` : `${plural(jobs.length, 'job')} selected`}
      </p>
      {allLoaded && !allMatching && (
        <Button variant="ghost" onClick={selectAllMatching} className="underline">
          Select all matching jobs{matching}
        </Button>
      )}
      <div className="ml-auto flex gap-1.5">
        {ACTIONS.map(([action, name]) => (
          <Button
            key={action}
            variant={action === 'delete' ? 'danger' : 'plain'}
            disabled={!allMatching && !jobs.some((job) => isAllowed(action, job))}
            onClick={() => act(action)}
          >
            {name}
          </Button>
        ))}
        <Button variant="ghost" onClick={clear}>
          Clear
        </Button>
      </div>
    </>
  )
}
