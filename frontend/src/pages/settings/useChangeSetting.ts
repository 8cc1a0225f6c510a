import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, unwrap, type Setting } from '../../api/client'
import { QUERY_KEY } from '../../api/queries'
import { useToast } from '../../components/toast'
import { settingMessage } from './settingMessage'

/** Changes a setting and shows a toast with Undo. */
export function useChangeSetting<Kind extends Setting>({ key, value }: Kind) {
  const queries = useQueryClient()
  const { showToast } = useToast()
  const mutation = useMutation({
    mutationFn: (to: Kind['value']) => unwrap(api.PUT('/api/config/{key}', { params: { path: { key } }, body: { value: to } })),
    onSuccess: (now, to) => {
      showToast('success', settingMessage(now), to === value ? undefined : { name: 'Undo', act: () => mutation.mutate(value) })
      return queries.invalidateQueries({ queryKey: [QUERY_KEY.config] })
    },
    onError: (error) => showToast('error', error.message),
  })
  return mutation
}
