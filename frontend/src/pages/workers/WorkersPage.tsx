import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, ask, type Worker } from '../../api/client'
import { KEY, useWorkers } from '../../api/queries'
import { useAsk } from '../../components/asking'
import { Button } from '../../components/Button'
import { useMessages } from '../../components/messages'
import { many } from '../../components/numbers'
import { Time } from '../../components/Time'
import { useMay } from '../../session/session'
import { WorkerList } from './WorkerList'

/** The workers that are alive: their slots, what each runs, and how to have one finish. */
export default function WorkersPage() {
  const { data } = useWorkers()
  const slots = data?.reduce((sum, worker) => sum + worker.slots, 0) ?? 0
  const busy = data?.reduce((sum, worker) => sum + worker.busy, 0) ?? 0
  return (
    <div className="space-y-4">
      <div className="flex flex-wrap items-baseline gap-x-4">
        <h1 className="text-lg font-semibold">Workers</h1>
        {data && data.length > 0 && (
          <p className="muted text-sm tabular-nums">
            {many(data.length, 'worker')}, {busy} of {slots} slots busy
          </p>
        )}
      </div>
      <WorkerList heading="h2" details={(worker) => <Details worker={worker} />} />
    </div>
  )
}

function Details({ worker }: { worker: Worker }) {
  const drain = useDrain()
  const ask = useAsk()
  const may = useMay()
  const { id, host, pid, queues, started_at, heartbeat_at, draining, busy } = worker
  return (
    <div className="flex flex-wrap items-center justify-between gap-3">
      <p className="muted text-xs">
        {host} · process {pid} · queues: {queues.join(', ').replace('*', 'all')} · started <Time at={started_at} /> ·
        heartbeat <Time at={heartbeat_at} />
      </p>
      {may('admin') && (
        <Button
          disabled={draining}
          aria-label={`Drain ${id}`}
          onClick={() =>
            void ask({
              title: `Drain ${id}?`,
              text: `It finishes ${busy > 0 ? `the ${many(busy, 'job')} that it runs` : 'what it runs'}, and takes nothing new until it is stopped or started anew. This cannot be undone from here.`,
              action: 'Drain',
            }).then((yes) => yes && drain.mutate(id))
          }
        >
          {draining ? 'Draining' : 'Drain'}
        </Button>
      )}
    </div>
  )
}

function useDrain() {
  const queries = useQueryClient()
  const { tell } = useMessages()
  return useMutation({
    mutationFn: (id: string) => ask(api.POST('/api/workers/{id}/drain', { params: { path: { id } } })),
    onSuccess: (_, id) => {
      tell('done', `${id} takes nothing new`)
      return queries.invalidateQueries({ queryKey: [KEY.workers] })
    },
    onError: (refusal) => tell('refused', refusal.message),
  })
}
