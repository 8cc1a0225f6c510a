import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, ask, type Setting } from '../../api/client'
import { KEY } from '../../api/queries'
import { useMessages } from '../../components/messages'
import { told } from './told'

/** Changes a setting, and tells how it went; what it was before can be brought back. */
export function useChangeSetting<Kind extends Setting>({ key, value }: Kind) {
  const queries = useQueryClient()
  const { tell } = useMessages()
  const mutation = useMutation({
    mutationFn: (to: Kind['value']) => ask(api.PUT('/api/config/{key}', { params: { path: { key } }, body: { value: to } })),
    onSuccess: (now, to) => {
      tell('done', told(now), to === value ? undefined : { name: 'Undo', act: () => mutation.mutate(value) })
      return queries.invalidateQueries({ queryKey: [KEY.config] })
    },
    onError: (refusal) => tell('refused', refusal.message),
  })
  return mutation
}
