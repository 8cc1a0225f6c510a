import { Link } from 'wouter'
import { useWorkers } from '../../api/queries'
import { WorkerList } from '../workers/WorkerList'

/** Each worker with its running jobs. */
export function RunningNow() {
  const { data } = useWorkers()
  return (
    <section aria-label="Running now" className="space-y-3">
      <h2 className="text-sm font-medium">Running now</h2>
      <WorkerList heading="h3" />
      {data && data.length > 0 && (
        <Link href="/jobs?q=state:processing" className="muted text-sm underline underline-offset-2">
          All running jobs
        </Link>
      )}
    </section>
  )
}
