import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import { useAsk, type Question } from '../components/asking'
import { useMessages } from '../components/messages'
import { api, ask, type Job, type State } from './client'
import { KEY } from './queries'

export type Action = 'retry' | 'cancel' | 'delete'

/** From which states an action can be done. The API has the last word. */
export const FROM: Record<Action, State[]> = {
  retry: ['failed', 'dead', 'cancelled'],
  cancel: ['pending', 'processing', 'failed'],
  delete: ['pending', 'processing', 'completed', 'failed', 'dead', 'cancelled'],
}

export const allowed = (action: Action, job: Pick<Job, 'state' | 'cancelling'>) =>
  FROM[action].includes(job.state) && !(action === 'cancel' && job.cancelling)

const DONE = { retry: 'is pending again', cancel: 'is cancelled', delete: 'is deleted' }

type Subject = Pick<Job, 'id' | 'state' | 'next_run_at'>

/** Does something with one job, after asking where it cannot be undone, and tells how it went; `done` is for what is
 *  to follow. */
export function useAction() {
  const queries = useQueryClient()
  const { tell } = useMessages()
  const ask = useAsk()
  const { mutate, isPending } = useMutation({
    mutationFn: ({ action, job }: { action: Action; job: Subject }) => send(action, job),
    onSuccess: async (_, { action, job }) => {
      const running = action === 'cancel' && job.state === 'processing'
      const back = () => mutate({ action: 'retry', job: { ...job, state: 'cancelled' } })
      tell(
        'done',
        running ? `${job.id} is being stopped` : `${job.id} ${DONE[action]}`,
        action === 'cancel' && !running && !isLater(job) ? { name: 'Undo', act: back } : undefined,
      )
      if (action !== 'delete') await queries.invalidateQueries({ queryKey: [KEY.job, job.id] })
    },
    onError: (refusal) => tell('refused', refusal.message),
  })
  const act = useCallback(
    async (action: Action, job: Subject, done?: () => void) => {
      const question = questionOf(action, job)
      if (!question || (await ask(question))) mutate({ action, job }, { ...(done && { onSuccess: done }) })
    },
    [mutate, ask],
  )
  return { act, isPending }
}

/** Whether it waits for a time that is to come: a retry would not bring that back, as it makes jobs due at once. */
export const isLater = ({ state, next_run_at: at }: Pick<Job, 'state' | 'next_run_at'>) =>
  (state === 'pending' || state === 'failed') && at !== null && Date.parse(at) > Date.now()

/** What is to be asked before something that cannot be undone. */
function questionOf(action: Action, job: Subject): Question | undefined {
  if (action === 'delete')
    return {
      title: `Delete ${job.id}?`,
      text: `${job.state === 'processing' ? 'It runs, and will be stopped. ' : ''}Its history and its output are deleted too. This cannot be undone.`,
      action: 'Delete',
    }
  if (action === 'cancel' && job.state === 'processing')
    return {
      title: `Cancel ${job.id}?`,
      text: 'It runs, and will be stopped. It can be retried, and begins anew then.',
      action: 'Cancel the job',
    }
  if (action === 'cancel' && isLater(job))
    return {
      title: `Cancel ${job.id}?`,
      text: 'It waits for a time that is to come. It can be retried, and is due at once then.',
      action: 'Cancel the job',
    }
  return undefined
}

async function send(action: Action, { id, state }: Pick<Job, 'id' | 'state'>): Promise<unknown> {
  const params = { path: { id } }
  if (action === 'retry') return ask(api.POST('/api/jobs/{id}/retry', { params }))
  if (action === 'cancel') return ask(api.POST('/api/jobs/{id}/cancel', { params }))
  return ask(api.DELETE('/api/jobs/{id}', { params: { ...params, query: { force: state === 'processing' } } }))
}
