import { Link } from 'wouter'
import { useWorkers } from '../../api/queries'
import { Empty, Failed, Loading, Typed } from '../../components/States'
import { WorkerCard } from '../workers/WorkerCard'

/** Each worker with what it runs right now. */
export function Running() {
  const { data, error, refetch } = useWorkers()
  return (
    <section aria-label="Running now" className="space-y-3">
      <h2 className="text-sm font-medium">Running now</h2>
      {data && data.length > 0 ? (
        <ul className="grid gap-3 md:grid-cols-2 2xl:grid-cols-3">
          {data.map((worker) => (
            <WorkerCard key={worker.id} worker={worker} heading="h3" />
          ))}
        </ul>
      ) : (
        <div className="card">
          {data ? (
            <Empty title="No worker is alive">
              <p>Jobs wait until one is. Start some:</p>
              <Typed>queuectl worker start --count 2</Typed>
            </Empty>
          ) : error ? (
            <Failed error={error} again={() => void refetch()} />
          ) : (
            <Loading rows={2} />
          )}
        </div>
      )}
      {data && data.length > 0 && (
        <Link href="/jobs?q=state:processing" className="muted text-sm underline underline-offset-2">
          All running jobs
        </Link>
      )}
    </section>
  )
}
