import type { ReactNode } from 'react'
import type { Worker } from '../../api/client'
import { useWorkers } from '../../api/queries'
import { LoadingOrError, EmptyState, CommandLine } from '../../components/Placeholders'
import { WorkerCard } from './WorkerCard'

/** All workers with their running jobs. */
export function WorkerList({ heading, details }: { heading: 'h2' | 'h3'; details?: (worker: Worker) => ReactNode }) {
  const { data, error, refetch } = useWorkers()
  if (!data || data.length === 0)
    return (
      <div className="card">
        {data ? (
          <EmptyState title="No workers are running">
            <p>Jobs wait until a worker starts. Start workers on this machine, or scale the containers:</p>
            <CommandLine>queuectl worker start --count 2</CommandLine>
          </EmptyState>
        ) : (
          <LoadingOrError error={error} onRetry={() => void refetch()} rows={2} />
        )}
      </div>
    )
  return (
    <ul className="grid gap-3 md:grid-cols-2 2xl:grid-cols-3">
      {data.map((worker) => (
        <WorkerCard key={worker.id} worker={worker} heading={heading}>
          {details?.(worker)}
        </WorkerCard>
      ))}
    </ul>
  )
}
