import { useSearchParams } from 'wouter'
import { useConfig, useJob } from '../../api/queries'
import { Failed, Loading } from '../../components/States'
import { Tab } from '../../components/Tab'
import { Many } from './Many'
import { Single } from './Single'

/** Puts one job into the queue, or many; `?from=ID` begins with a copy of another. */
export default function EnqueuePage() {
  const [search] = useSearchParams()
  const from = search.get('from')
  const many = search.has('many')
  return (
    <div className="mx-auto max-w-5xl space-y-4">
      <div className="flex flex-wrap items-center gap-x-6 gap-y-2">
        <h1 className="text-lg font-semibold">Enqueue</h1>
        <nav aria-label="How many" className="flex gap-1 text-sm">
          <Tab href="/enqueue" here={!many}>
            One job
          </Tab>
          <Tab href="/enqueue?many" here={many}>
            Many
          </Tab>
        </nav>
      </div>
      {many ? <Many /> : from === null ? <Single key="new" from={undefined} config={[]} /> : <Copied key={from} id={from} />}
    </div>
  )
}

function Copied({ id }: { id: string }) {
  const job = useJob(id)
  const config = useConfig()
  if (job.data && config.data) return <Single from={job.data} config={config.data} />
  const failed = [job, config].find(({ error }) => error !== null)
  if (failed?.error) return <Failed error={failed.error} again={() => void failed.refetch()} />
  return <Loading />
}
