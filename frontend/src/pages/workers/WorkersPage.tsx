import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, unwrap, type Worker } from '../../api/client'
import { QUERY_KEY, useWorkers } from '../../api/queries'
import { useConfirm } from '../../components/confirm'
import { Button } from '../../components/Button'
import { useToast } from '../../components/toast'
import { plural } from '../../components/numbers'
import { Time } from '../../components/Time'
import { useHasRole } from '../../session/session'
import { WorkerList } from './WorkerList'

/** All live workers, with an action to drain them. */
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
            {plural(data.length, 'worker')}, {busy} of {slots} slots busy
          </p>
        )}
      </div>
      <WorkerList heading="h2" details={(worker) => <Details worker={worker} />} />
    </div>
  )
}

function Details({ worker }: { worker: Worker }) {
  const drain = useDrain()
  const confirm = useConfirm()
  const hasRole = useHasRole()
  const { id, host, pid, queues, started_at, heartbeat_at, draining, busy } = worker
  return (
    <div className="flex flex-wrap items-center justify-between gap-3">
      <p className="muted text-xs">
        {host} · process {pid} · queues: {queues.join(', ').replace('*', 'all')} · started <Time at={started_at} /> ·
        heartbeat <Time at={heartbeat_at} />
      </p>
      {hasRole('admin') && (
        <Button
          disabled={draining}
          aria-label={`Drain ${id}`}
          onClick={() =>
            void confirm({
              title: `Drain ${id}?`,
              text: `It finishes its ${busy > 0 ? plural(busy, 'running job') : 'running jobs'} and starts no new ones until it is restarted. This cannot be undone here.`,
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
  const { showToast } = useToast()
  return useMutation({
    mutationFn: (id: string) => unwrap(api.POST('/api/workers/{id}/drain', { params: { path: { id } } })),
    onSuccess: (_, id) => {
      showToast('success', `${id} is draining`)
      return queries.invalidateQueries({ queryKey: [QUERY_KEY.workers] })
    },
    onError: (error) => showToast('error', error.message),
  })
}
