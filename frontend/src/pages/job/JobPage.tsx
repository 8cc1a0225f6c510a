import { lazy, Suspense } from 'react'
import { Link, useLocation, useParams, useSearchParams } from 'wouter'
import { ApiError, type JobWithHistory } from '../../api/client'
import { useJob } from '../../api/queries'
import { importWithRetry } from '../../components/importWithRetry'
import { EmptyState, ErrorState, Loading } from '../../components/Placeholders'
import { escapeHidden } from '../../components/escapeHidden'
import { Attempts } from './Attempts'
import { useHasRole } from '../../session/session'
import { AuditTrail } from './AuditTrail'
import { JobHeader } from './JobHeader'
import { LiveUsage } from './LiveUsage'
import { CommandRuns } from './CommandRuns'
import { Details } from './Details'
import { Timeline } from './Timeline'

const LogView = lazy(() => importWithRetry(() => import('../log/LogView')))

/** One job: its details, its history, and its output. */
export default function JobPage() {
  const { id = '' } = useParams()
  const job = useJob(id)
  const missing = job.error instanceof ApiError && job.error.status === 404
  if (job.data) return <JobView key={id} job={job.data} deleted={missing} />
  if (missing)
    return (
      <EmptyState title={`Job ${escapeHidden(id)} not found`}>
        <h1 className="sr-only">Job not found</h1>
        <p>It may have been deleted, or it was never enqueued.</p>
        <Link href="/jobs" className="underline">
          Back to all jobs
        </Link>
      </EmptyState>
    )
  if (job.error) return <ErrorState error={job.error} onRetry={() => void job.refetch()} />
  return <Loading />
}

/** `deleted`: the job was deleted while the page was open. */
function JobView({ job, deleted }: { job: JobWithHistory; deleted: boolean }) {
  const hasRole = useHasRole()
  const [search] = useSearchParams()
  const [path, go] = useLocation()
  const latest = job.history.at(-1)
  const requested = search.get('attempt')
  const selected = requested === null ? latest : job.history.find(({ number }) => String(number) === requested)
  const updateUrl = (change: (next: URLSearchParams) => void, hash: string) => {
    const next = new URLSearchParams(search)
    change(next)
    go(`${path}${next.size > 0 ? `?${next}` : ''}${hash}`, { replace: true })
  }
  const selectAttempt = (attempt: number) => updateUrl((next) => next.set('attempt', String(attempt)), '')
  const setFull = (full: boolean) => updateUrl((next) => (full ? next.set('full', '1') : next.delete('full')), location.hash)
  const running = job.state === 'processing' && !deleted
  return (
    <div className="space-y-4">
      {deleted && (
        <p role="alert" className="rounded-lg bg-amber-100 px-4 py-2 text-sm text-amber-950 dark:bg-amber-950 dark:text-amber-100">
          This job has been deleted. The page shows its last known state.
        </p>
      )}
      <JobHeader job={job} deleted={deleted} />
      {running && latest && <LiveUsage since={latest.started_at} usage={job.usage} timeout={job.timeout} />}
      <section aria-label="History" className="card overflow-hidden">
        <Timeline job={job} selected={selected?.number} onSelect={selectAttempt} />
        {job.history.length > 0 && <Attempts job={job} selected={selected?.number} onSelect={selectAttempt} />}
      </section>
      <div className="grid grid-cols-1 items-start gap-4 xl:grid-cols-[minmax(0,1fr)_22rem] 3xl:grid-cols-[minmax(0,1fr)_28rem]">
        <div className="min-w-0">
          {selected ? (
            <Suspense fallback={<Loading />}>
              <LogView
                key={selected.number}
                id={job.id}
                attempt={selected.number}
                running={running && selected.state === 'processing'}
                full={search.has('full')}
                setFull={setFull}
              />
            </Suspense>
          ) : (
            <div className="card">
              <EmptyState title={requested === null ? 'This job has not run yet' : `Attempt ${requested} does not exist`}>
                {requested === null && <p>Its output appears here when a worker starts it.</p>}
              </EmptyState>
            </div>
          )}
        </div>
        <div className="min-w-0 space-y-4">
          <Details job={job} />
          <CommandRuns id={job.id} />
          {hasRole('admin') && <AuditTrail id={job.id} />}
        </div>
      </div>
    </div>
  )
}
