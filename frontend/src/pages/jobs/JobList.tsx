import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { Button } from '../../components/Button'
import { whole } from '../../components/numbers'
import { Empty, Failed, Loading, Typed } from '../../components/States'
import { Time } from '../../components/Time'
import { useMay } from '../../session/session'
import type { Listing, Shown } from './listing'

interface Props {
  shown: Shown
  listing: Listing
  goBelow: () => void
  /** Show all jobs. */
  reset: () => void
  /** The rows. */
  children: ReactNode
}

/** The rows; or why there are none. */
export function JobList({ shown, listing, goBelow, reset, children }: Props) {
  const may = useMay()
  const { rows, loading, searching, stopped, error, more, full } = shown
  if (rows.length > 0 && !(error && loading))
    return (
      <div aria-busy={loading} className={loading ? 'opacity-60' : ''}>
        {children}
        {error ? <Failed error={error} again={listing.goOn} /> : <Below {...{ shown, listing, goBelow }} />}
      </div>
    )
  if (error) return <Failed error={error} again={listing.goOn} />
  if (loading || (more && !searching && !stopped && !full)) return <Loading />
  if (searching || stopped) return <Below {...{ shown, listing, goBelow }} />
  if (listing.text === '')
    return (
      <Empty title="There are no jobs yet">
        <p>The first one is enqueued by</p>
        <Typed>queuectl enqueue -- echo hello</Typed>
        {may('operator') && (
          <p>
            <Link href="/enqueue" className="underline">
              or here
            </Link>
          </p>
        )}
      </Empty>
    )
  return (
    <Empty title="No job matches">
      <Button onClick={reset}>Show all jobs</Button>
    </Empty>
  )
}

/** What is below the last row. */
function Below({ shown, listing, goBelow }: Pick<Props, 'shown' | 'listing' | 'goBelow'>) {
  const { rows, searching, stopped, more, full } = shown
  const last = rows.at(-1)?.job.created_at
  if (full)
    return (
      <p className="muted flex items-center justify-center gap-3 px-4 py-4 text-sm">
        A list holds {whole(rows.length)} jobs. <Button onClick={goBelow}>Go on below them</Button>
      </p>
    )
  if (searching || stopped)
    return (
      <p role="status" className="muted flex items-center justify-center gap-3 px-4 py-4 text-sm">
        <span>
          {searching ? 'Searching…' : 'The search was stopped'}
          {last && (
            <>
              {' '}
              found back to <Time at={last} />
            </>
          )}
        </span>
        <Button onClick={searching ? listing.stop : listing.goOn}>{searching ? 'Stop' : 'Go on'}</Button>
      </p>
    )
  return more ? <Loading rows={3} /> : null
}
