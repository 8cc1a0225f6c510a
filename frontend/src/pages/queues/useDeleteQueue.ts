import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, unwrap } from '../../api/client'
import { QUERY_KEY } from '../../api/queries'
import { useConfirm } from '../../components/confirm'
import { useToast } from '../../components/toast'

/** Deletes an empty queue after confirmation. */
export function useDeleteQueue() {
  const queries = useQueryClient()
  const confirm = useConfirm()
  const { showToast } = useToast()
  const { mutate } = useMutation({
    mutationFn: (name: string) => unwrap(api.DELETE('/api/queues/{name}', { params: { path: { name } } })),
    onSuccess: (_, name) => {
      showToast('success', `${name} was deleted`)
      return queries.invalidateQueries({ queryKey: [QUERY_KEY.queues] })
    },
    onError: (error) => showToast('error', error.message),
  })
  return async (name: string) => {
    const confirmed = await confirm({
      title: `Delete ${name}?`,
      text: 'The queue is empty. Its settings are lost: paused, concurrency limit, allowed commands. A new job in a queue of this name creates it again. This cannot be undone.',
      action: 'Delete',
    })
    if (confirmed) mutate(name)
  }
}
