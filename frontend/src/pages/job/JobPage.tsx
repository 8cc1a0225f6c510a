import { lazy, Suspense } from 'react'
import { Link, useLocation, useParams, useSearchParams } from 'wouter'
import { Refused, type JobWithHistory } from '../../api/client'
import { useJob } from '../../api/queries'
import { Empty, Failed, Loading } from '../../components/States'
import { visible } from '../../components/visible'
import { Attempts } from './Attempts'
import { useMay } from '../../session/session'
import { Done } from './Done'
import { Head } from './Head'
import { Live } from './Live'
import { Runs } from './Runs'
import { Settings } from './Settings'
import { Timeline } from './Timeline'

const LogView = lazy(() => import('../log/LogView'))

/** One job: what it is, what has happened to it, and what it printed. */
export default function JobPage() {
  const { id = '' } = useParams()
  const job = useJob(id)
  const missing = job.error instanceof Refused && job.error.status === 404
  if (job.data) return <Known key={id} job={job.data} gone={missing} />
  if (missing)
    return (
      <Empty title={`There is no job ${visible(id)}`}>
        <h1 className="sr-only">There is no such job</h1>
        <p>It may have been deleted, or never been enqueued here.</p>
        <Link href="/jobs" className="underline">
          To all jobs
        </Link>
      </Empty>
    )
  if (job.error) return <Failed error={job.error} again={() => void job.refetch()} />
  return <Loading />
}

/** `gone`: it was deleted while it was looked at. */
function Known({ job, gone }: { job: JobWithHistory; gone: boolean }) {
  const may = useMay()
  const [search] = useSearchParams()
  const [path, go] = useLocation()
  const latest = job.history.at(-1)
  const asked = search.get('attempt')
  const chosen = asked === null ? latest : job.history.find(({ number }) => String(number) === asked)
  const at = (change: (next: URLSearchParams) => void, hash: string) => {
    const next = new URLSearchParams(search)
    change(next)
    go(`${path}${next.size > 0 ? `?${next}` : ''}${hash}`, { replace: true })
  }
  const choose = (attempt: number) => at((next) => next.set('attempt', String(attempt)), '')
  const setFull = (full: boolean) => at((next) => (full ? next.set('full', '1') : next.delete('full')), location.hash)
  const runs = job.state === 'processing' && !gone
  return (
    <div className="space-y-4">
      {gone && (
        <p role="alert" className="rounded-lg bg-amber-100 px-4 py-2 text-sm text-amber-950 dark:bg-amber-950 dark:text-amber-100">
          This job has been deleted. What you see is the last that was known of it.
        </p>
      )}
      <Head job={job} gone={gone} />
      {runs && latest && <Live since={latest.started_at} usage={job.usage} timeout={job.timeout} />}
      <section aria-label="History" className="card overflow-hidden">
        <Timeline job={job} chosen={chosen?.number} choose={choose} />
        {job.history.length > 0 && <Attempts job={job} chosen={chosen?.number} choose={choose} />}
      </section>
      <div className="grid grid-cols-1 items-start gap-4 xl:grid-cols-[minmax(0,1fr)_22rem] 3xl:grid-cols-[minmax(0,1fr)_28rem]">
        <div className="min-w-0">
          {chosen ? (
            <Suspense fallback={<Loading />}>
              <LogView
                key={chosen.number}
                id={job.id}
                attempt={chosen.number}
                running={runs && chosen.state === 'processing'}
                full={search.has('full')}
                setFull={setFull}
              />
            </Suspense>
          ) : (
            <div className="card">
              <Empty title={asked === null ? 'It has not run yet' : `There is no attempt ${asked}`}>
                {asked === null && <p>What it prints shows here as soon as a worker has started it.</p>}
              </Empty>
            </div>
          )}
        </div>
        <div className="min-w-0 space-y-4">
          <Settings job={job} />
          <Runs id={job.id} />
          {may('admin') && <Done id={job.id} />}
        </div>
      </div>
    </div>
  )
}
