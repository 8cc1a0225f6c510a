import { useJobs } from '../../api/jobs'
import { Button } from '../../components/Button'
import type { SetView, View } from '../../view'
import { JobTable } from './JobTable'

const TABS = [
  ['all', 'All Jobs'],
  ['dead', 'Dead Letter Queue'],
] as const

/** The jobs that the view asks for, and what one can do with them. */
export function JobsPage({ view, setView }: { view: View; setView: SetView }) {
  const { data, error, isPending, hasNextPage, isFetchingNextPage, fetchNextPage, refetch } = useJobs(view)
  const jobs = data?.pages.flatMap((page) => page.items) ?? []
  return (
    <section aria-label="Jobs" className="space-y-3">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <div role="tablist" aria-label="Lists" className="flex gap-1 rounded-lg bg-stone-200/60 p-1 dark:bg-stone-800">
          {TABS.map(([tab, name]) => (
            <button
              key={tab}
              type="button"
              role="tab"
              aria-selected={view.tab === tab}
              onClick={() => setView({ tab, state: '' })}
              className="rounded-md px-3 py-1.5 text-sm font-medium text-stone-600 aria-selected:bg-white aria-selected:text-stone-900 aria-selected:shadow-sm dark:text-stone-400 dark:aria-selected:bg-stone-950 dark:aria-selected:text-stone-100"
            >
              {name}
            </button>
          ))}
        </div>
        <input
          type="search"
          aria-label="Search jobs"
          placeholder="Search command or id"
          value={view.q}
          maxLength={200}
          onChange={(event) => setView({ q: event.target.value })}
          className="w-full rounded-lg border border-stone-300 bg-white px-3 py-1.5 text-sm placeholder:text-stone-500 sm:w-72 dark:border-stone-700 dark:bg-stone-900"
        />
      </div>
      <div className="overflow-hidden rounded-xl border border-stone-200 bg-white dark:border-stone-800 dark:bg-stone-900">
        {error && jobs.length === 0 ? (
          <div role="alert" className="flex flex-col items-center gap-3 px-4 py-14 text-sm">
            <p>{error.message}</p>
            <Button onClick={() => void refetch()}>Try again</Button>
          </div>
        ) : isPending ? (
          <Loading />
        ) : jobs.length === 0 ? (
          <Empty view={view} />
        ) : (
          <JobTable jobs={jobs} setView={setView} />
        )}
      </div>
      {hasNextPage && (
        <div className="text-center">
          <Button disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            {isFetchingNextPage ? 'Loading…' : 'Show more'}
          </Button>
        </div>
      )}
    </section>
  )
}

function Loading() {
  return (
    <div aria-label="Loading" role="status" className="divide-y divide-stone-100 dark:divide-stone-800">
      {Array.from({ length: 6 }, (_, row) => (
        <div key={row} className="flex animate-pulse gap-6 px-4 py-4">
          <div className="h-4 w-40 rounded bg-stone-200 dark:bg-stone-800" />
          <div className="h-4 flex-1 rounded bg-stone-100 dark:bg-stone-800/60" />
        </div>
      ))}
    </div>
  )
}

function Empty({ view }: { view: View }) {
  const [title, hint] =
    view.q || view.state
      ? ['No job matches', 'Try another search or state.']
      : view.tab === 'dead'
        ? ['The dead letter queue is empty', 'Jobs whose attempts are used up wait here for you.']
        : ['No jobs yet', 'Enqueue the first one:']
  return (
    <div className="px-4 py-14 text-center">
      <p className="font-medium">{title}</p>
      <p className="mt-1 text-sm text-stone-600 dark:text-stone-400">{hint}</p>
      {title === 'No jobs yet' && (
        <code className="mt-3 inline-block rounded-md bg-stone-100 px-3 py-1.5 font-mono text-sm dark:bg-stone-800">
          queuectl enqueue -- echo hello
        </code>
      )}
    </div>
  )
}
