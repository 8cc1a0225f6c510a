import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { allowed, type Action } from '../../api/actions'
import { api, ask, type Job } from '../../api/client'
import { KEY } from '../../api/queries'
import { Button } from '../../components/Button'
import { many } from '../../components/numbers'
import type { Filter } from '../../search/query'
import { SORTS, type Sort } from './listing'

const SORT_NAMES: Record<Sort, string> = {
  '-created_at': 'Newest first',
  created_at: 'Oldest first',
  '-finished_at': 'Latest end first',
  finished_at: 'Earliest end first',
}

/** What is above the list: how many there are, and in what order. */
export function Toolbar({ total, sort, sortBy, children }: { total: number | undefined; sort: Sort; sortBy: (sort: Sort) => void; children: ReactNode }) {
  return (
    <>
      <p role="status" className="muted mr-auto text-sm tabular-nums">
        {total === undefined ? '' : many(total, 'job')}
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
  /** All that are loaded are selected, and there are more. */
  complete: boolean
  /** So are all that match. */
  everything: boolean
  selectEverything: () => void
  act: (action: Action) => void
  clear: () => void
}

/** In its place while jobs are selected: what can be done with them. */
export function Selection({ jobs, filter, complete, everything, selectEverything, act, clear }: SelectionProps) {
  const count = useQuery({
    queryKey: [KEY.count, filter],
    queryFn: () => ask(api.GET('/api/count', { params: { query: filter } })),
    enabled: complete,
    staleTime: 0,
  }).data
  const matching = count ? `${count.complete ? '' : 'more than '}${many(count.count, 'job')}` : ''
  return (
    <>
      <p role="status" className="text-sm font-medium tabular-nums">
        {everything ? `All ${matching} that match` : `${many(jobs.length, 'job')} selected`}
      </p>
      {complete && !everything && (
        <Button kind="quiet" onClick={selectEverything} className="underline">
          Select all {matching} that match
        </Button>
      )}
      <div className="ml-auto flex gap-1.5">
        {ACTIONS.map(([action, name]) => (
          <Button
            key={action}
            kind={action === 'delete' ? 'danger' : 'plain'}
            disabled={!everything && !jobs.some((job) => allowed(action, job))}
            onClick={() => act(action)}
          >
            {name}
          </Button>
        ))}
        <Button kind="quiet" onClick={clear}>
          Clear
        </Button>
      </div>
    </>
  )
}
