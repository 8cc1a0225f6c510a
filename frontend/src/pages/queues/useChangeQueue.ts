import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, ask, type Queue } from '../../api/client'
import { KEY } from '../../api/queries'
import { ANY } from '../../components/Commands'
import { useMessages } from '../../components/messages'
import { many } from '../../components/numbers'

export interface QueueChange {
  name: string
  change: { paused: boolean } | { concurrency_limit: number | null } | { commands: string[] | null }
}

/** Changes a queue, and tells how it went; what it was before can be brought back. */
export function useChangeQueue() {
  const queries = useQueryClient()
  const { tell } = useMessages()
  const mutation = useMutation({
    mutationFn: ({ name, change }: QueueChange) =>
      ask(api.PATCH('/api/queues/{name}', { params: { path: { name } }, body: change })),
    onMutate: ({ name }) => queries.getQueryData<Queue[]>([KEY.queues])?.find((queue) => queue.name === name),
    onSuccess: (now, { name, change }, before) => {
      queries.setQueryData<Queue[]>([KEY.queues], (queues) => queues?.map((queue) => (queue.name === name ? now : queue)))
      tell('done', told(now, change), before && { name: 'Undo', act: () => mutation.mutate({ name, change: was(before, change) }) })
    },
    onError: (refusal) => tell('refused', refusal.message),
  })
  return mutation
}

function told({ name, paused, concurrency_limit: limit, commands }: Queue, change: QueueChange['change']): string {
  if ('commands' in change) {
    if (commands === null) return `${name} takes what default-commands says`
    return commands.includes(ANY) ? `${name} takes any command` : `${name} takes only ${many(commands.length, 'command')}`
  }
  if ('paused' in change) return paused ? `${name} is paused: what runs is finished, nothing is begun` : `${name} goes on`
  return limit === null ? `${name} has no limit` : `${name} runs ${limit} at once, at most`
}

function was(before: Queue, change: QueueChange['change']): QueueChange['change'] {
  if ('commands' in change) return { commands: before.commands }
  return 'paused' in change ? { paused: before.paused } : { concurrency_limit: before.concurrency_limit }
}
