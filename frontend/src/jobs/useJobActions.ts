import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import { useConfirm, type Confirmation } from '../components/confirm'
import { useToast } from '../components/toast'
import { api, unwrap, type Job, type State } from '../api/client'
import { QUERY_KEY } from '../api/queries'

export type Action = 'retry' | 'cancel' | 'delete'

/** The states in which an action is offered; the API decides. */
export const ALLOWED_STATES: Record<Action, State[]> = {
  retry: ['failed', 'dead', 'cancelled'],
  cancel: ['pending', 'processing', 'failed'],
  delete: ['pending', 'processing', 'completed', 'failed', 'dead', 'cancelled'],
}

export const isAllowed = (action: Action, job: Pick<Job, 'state' | 'cancelling'>) =>
  ALLOWED_STATES[action].includes(job.state) && !(action === 'cancel' && job.cancelling)

const OUTCOMES = { retry: 'was requeued', cancel: 'was cancelled', delete: 'was deleted' }

type Subject = Pick<Job, 'id' | 'state' | 'next_run_at'>

/**
 * Applies an action to one job, after confirmation if it cannot be undone, and reports the result. `onDone` is called
 * on success.
 */
export function useAction() {
  const queries = useQueryClient()
  const { showToast } = useToast()
  const confirm = useConfirm()
  const { mutate, isPending } = useMutation({
    mutationFn: ({ action, job }: { action: Action; job: Subject }) => send(action, job),
    onSuccess: async (_, { action, job }) => {
      const running = action === 'cancel' && job.state === 'processing'
      const undo = () => mutate({ action: 'retry', job: { ...job, state: 'cancelled' } })
      showToast(
        'success',
        running ? `${job.id} is being cancelled` : `${job.id} ${OUTCOMES[action]}`,
        action === 'cancel' && !running && !isScheduled(job) ? { name: 'Undo', act: undo } : undefined,
      )
      if (action !== 'delete') await queries.invalidateQueries({ queryKey: [QUERY_KEY.job, job.id] })
    },
    onError: (error) => showToast('error', error.message),
  })
  const act = useCallback(
    async (action: Action, job: Subject, onDone?: () => void) => {
      const confirmation = confirmationFor(action, job)
      if (!confirmation || (await confirm(confirmation))) mutate({ action, job }, { ...(onDone && { onSuccess: onDone }) })
    },
    [mutate, confirm],
  )
  return { act, isPending }
}

/** Enqueues a new job with the settings of an existing one; `onDone` gets the new id. */
export function useRerun(onDone: (id: string) => void) {
  const { showToast } = useToast()
  return useMutation({
    mutationFn: (id: string) => unwrap(api.POST('/api/jobs/{id}/rerun', { params: { path: { id } } })),
    onSuccess: ({ id }) => {
      showToast('success', `${id} was enqueued`)
      onDone(id)
    },
    onError: (error) => showToast('error', error.message),
  })
}

/** Whether the job is due in the future. A retry makes a job due immediately, so it cannot restore this. */
export const isScheduled = ({ state, next_run_at: at }: Pick<Job, 'state' | 'next_run_at'>) =>
  (state === 'pending' || state === 'failed') && at !== null && Date.parse(at) > Date.now()

/** The confirmation that an action needs, if it cannot be undone. */
function confirmationFor(action: Action, job: Subject): Confirmation | undefined {
  if (action === 'delete')
    return {
      title: `Delete ${job.id}?`,
      text: `${job.state === 'processing' ? 'It is running and will be stopped. ' : ''}Its history and output will also be deleted. This cannot be undone.`,
      action: 'Delete',
    }
  if (action === 'cancel' && job.state === 'processing')
    return {
      title: `Cancel ${job.id}?`,
      text: 'It is running and will be stopped. A retry starts it from the beginning.',
      action: 'Cancel job',
      dismiss: 'Keep job',
    }
  if (action === 'cancel' && isScheduled(job))
    return {
      title: `Cancel ${job.id}?`,
      text: 'It is scheduled for later. A retry would run it immediately, not at that time.',
      action: 'Cancel job',
      dismiss: 'Keep job',
    }
  return undefined
}

async function send(action: Action, { id, state }: Pick<Job, 'id' | 'state'>): Promise<unknown> {
  const params = { path: { id } }
  if (action === 'retry') return unwrap(api.POST('/api/jobs/{id}/retry', { params }))
  if (action === 'cancel') return unwrap(api.POST('/api/jobs/{id}/cancel', { params }))
  return unwrap(api.DELETE('/api/jobs/{id}', { params: { ...params, query: { force: state === 'processing' } } }))
}
