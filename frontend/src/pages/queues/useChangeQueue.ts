import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, unwrap, type Queue } from '../../api/client'
import { QUERY_KEY } from '../../api/queries'
import { ANY_COMMAND } from '../../components/AllowedCommands'
import { useToast } from '../../components/toast'
import { plural } from '../../components/numbers'

export interface QueueChange {
  name: string
  change: { paused: boolean } | { concurrency_limit: number | null } | { commands: string[] | null }
}

/** Changes a queue and shows a toast with Undo. */
export function useChangeQueue() {
  const queries = useQueryClient()
  const { showToast } = useToast()
  const mutation = useMutation({
    mutationFn: ({ name, change }: QueueChange) =>
      unwrap(api.PATCH('/api/queues/{name}', { params: { path: { name } }, body: change })),
    onMutate: ({ name }) => queries.getQueryData<Queue[]>([QUERY_KEY.queues])?.find((queue) => queue.name === name),
    onSuccess: (now, { name, change }, before) => {
      queries.setQueryData<Queue[]>([QUERY_KEY.queues], (queues) => queues?.map((queue) => (queue.name === name ? now : queue)))
      showToast('success', changeMessage(now, change), before && { name: 'Undo', act: () => mutation.mutate({ name, change: inverse(before, change) }) })
    },
    onError: (error) => showToast('error', error.message),
  })
  return mutation
}

function changeMessage({ name, paused, concurrency_limit: limit, commands }: Queue, change: QueueChange['change']): string {
  if ('commands' in change) {
    if (commands === null) return `${name} uses the default-commands setting`
    return commands.includes(ANY_COMMAND) ? `${name} accepts any command` : `${name} accepts only ${plural(commands.length, 'command')}`
  }
  if ('paused' in change) return paused ? `${name} is paused: running jobs finish, no new ones start` : `${name} was resumed`
  return limit === null ? `${name} has no concurrency limit` : `${name} has a concurrency limit of ${limit}`
}

function inverse(before: Queue, change: QueueChange['change']): QueueChange['change'] {
  if ('commands' in change) return { commands: before.commands }
  return 'paused' in change ? { paused: before.paused } : { concurrency_limit: before.concurrency_limit }
}
