import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { Button } from '../../components/Button'
import { formatNumber } from '../../components/numbers'
import { EmptyState, ErrorState, Loading, CommandLine } from '../../components/Placeholders'
import { Time } from '../../components/Time'
import { useHasRole } from '../../session/session'
import type { Listing, ListState } from './listing'

interface Props {
  shown: ListState
  listing: Listing
  startBelow: () => void
  /** Clears the search. */
  reset: () => void
  /** The rows. */
  children: ReactNode
}

/** The rows, or why there are none. */
export function JobList({ shown, listing, startBelow, reset, children }: Props) {
  const hasRole = useHasRole()
  const { rows, loading, searching, stopped, error, more, full } = shown
  if (rows.length > 0 && !(error && loading))
    return (
      <div aria-busy={loading} className={loading ? 'opacity-60' : ''}>
        {children}
        {error ? <ErrorState error={error} onRetry={listing.resume} /> : <ListEnd {...{ shown, listing, startBelow }} />}
      </div>
    )
  if (error) return <ErrorState error={error} onRetry={listing.resume} />
  if (loading || (more && !searching && !stopped && !full)) return <Loading />
  if (searching || stopped) return <ListEnd {...{ shown, listing, startBelow }} />
  if (listing.text === '')
    return (
      <EmptyState title="No jobs yet">
        <p>Enqueue the first one with</p>
        <CommandLine>queuectl enqueue echo hello</CommandLine>
        {hasRole('operator') && (
          <p>
            <Link href="/enqueue" className="underline">
              or use the form
            </Link>
          </p>
        )}
      </EmptyState>
    )
  return (
    <EmptyState title="No jobs match">
      <Button onClick={reset}>Show all jobs</Button>
    </EmptyState>
  )
}

/** The end of the list: more to load, a running search, or the size limit. */
function ListEnd({ shown, listing, startBelow }: Pick<Props, 'shown' | 'listing' | 'startBelow'>) {
  const { rows, searching, stopped, more, full } = shown
  const last = rows.at(-1)?.job.created_at
  if (full)
    return (
      <p className="muted flex items-center justify-center gap-3 px-4 py-4 text-sm">
        The list shows at most {formatNumber(rows.length)} jobs. <Button onClick={startBelow}>Show the next jobs</Button>
      </p>
    )
  if (searching || stopped)
    return (
      <p role="status" className="muted flex items-center justify-center gap-3 px-4 py-4 text-sm">
        <span>
          {searching ? 'Searching…' : 'Search stopped.'}
          {last && (
            <>
              {' '}
              Last match: <Time at={last} />
            </>
          )}
        </span>
        <Button onClick={searching ? listing.stop : listing.resume}>{searching ? 'Stop' : 'Continue'}</Button>
      </p>
    )
  return more ? <Loading rows={3} /> : null
}
