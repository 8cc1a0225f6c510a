import { useSearchParams } from 'wouter'
import { useConfig, useJob } from '../../api/queries'
import { ErrorState, Loading } from '../../components/Placeholders'
import { Tab } from '../../components/Tab'
import { BatchForm } from './BatchForm'
import { SingleForm } from './SingleForm'

/** Enqueues one job or many; `?from=ID` starts with a copy of another job. */
export default function EnqueuePage() {
  const [search] = useSearchParams()
  const from = search.get('from')
  const many = search.has('many')
  return (
    <div className="mx-auto max-w-5xl space-y-4">
      <div className="flex flex-wrap items-center gap-x-6 gap-y-2">
        <h1 className="text-lg font-semibold">Enqueue</h1>
        <nav aria-label="Enqueue mode" className="flex gap-1 text-sm">
          <Tab href="/enqueue" active={!many}>
            Single job
          </Tab>
          <Tab href="/enqueue?many" active={many}>
            Batch
          </Tab>
        </nav>
      </div>
      {many ? <BatchForm /> : from === null ? <SingleForm key="new" from={undefined} config={[]} /> : <CopyForm key={from} id={from} />}
    </div>
  )
}

function CopyForm({ id }: { id: string }) {
  const job = useJob(id)
  const config = useConfig()
  if (job.data && config.data) return <SingleForm from={job.data} config={config.data} />
  const failed = [job, config].find(({ error }) => error !== null)
  if (failed?.error) return <ErrorState error={failed.error} onRetry={() => void failed.refetch()} />
  return <Loading />
}
