import type { ReactNode } from 'react'
import type { Worker } from '../../api/client'
import { useWorkers } from '../../api/queries'
import { Awaited, Empty, Typed } from '../../components/States'
import { WorkerCard } from './WorkerCard'

/** All workers, each with what it runs right now. */
export function WorkerList({ heading, details }: { heading: 'h2' | 'h3'; details?: (worker: Worker) => ReactNode }) {
  const { data, error, refetch } = useWorkers()
  if (!data || data.length === 0)
    return (
      <div className="card">
        {data ? (
          <Empty title="No worker is alive">
            <p>Jobs wait until one is. Start some on this machine, or scale the containers:</p>
            <Typed>queuectl worker start --count 2</Typed>
          </Empty>
        ) : (
          <Awaited error={error} again={() => void refetch()} rows={2} />
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
