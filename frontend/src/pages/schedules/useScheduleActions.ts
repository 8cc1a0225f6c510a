import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useLocation } from 'wouter'
import { api, ApiError, unwrap, type Fire } from '../../api/client'
import { QUERY_KEY } from '../../api/queries'
import { useConfirm } from '../../components/confirm'
import { useToast } from '../../components/toast'
import { outcomeOf, reasonOf } from './fireText'

interface PauseOrResume {
  name: string
  action: 'pause' | 'resume'
}

interface Run {
  name: string
  /** Whatever the overlap rule says. */
  force: boolean
}

interface Deletion {
  name: string
  /** Called on success, even if the event of the deletion has removed the component by then. */
  onDone: (() => void) | undefined
}

/** Pauses, resumes, runs and deletes schedules, after confirmation if it cannot be undone, and reports the result. */
export function useScheduleActions() {
  const queries = useQueryClient()
  const confirm = useConfirm()
  const { showToast } = useToast()
  const [, go] = useLocation()
  const refetch = () => queries.invalidateQueries({ queryKey: [QUERY_KEY.schedules] })
  const onError = (error: Error) => showToast('error', error.message)

  const pauseOrResume = useMutation({
    mutationFn: ({ name, action }: PauseOrResume) =>
      action === 'pause'
        ? unwrap(api.POST('/api/schedules/{name}/pause', { params: { path: { name } } }))
        : unwrap(api.POST('/api/schedules/{name}/resume', { params: { path: { name } } })),
    onSuccess: (_, { name, action }) => {
      const undo = () => pauseOrResume.mutate({ name, action: action === 'pause' ? 'resume' : 'pause' })
      showToast('success', action === 'pause' ? `${name} is paused: running jobs continue` : `${name} was resumed`, { name: 'Undo', act: undo })
      return refetch()
    },
    onError,
  })

  const run = useMutation({
    mutationFn: ({ name, force }: Run) => unwrap(api.POST('/api/schedules/{name}/run', { params: { path: { name }, query: { force } } })),
    onSuccess: (fire, { name }) => {
      const { job } = fire
      showToast('success', runMessage(name, fire), job === null ? undefined : { name: 'Open', act: () => go(`/jobs/${encodeURIComponent(job)}`) })
      return refetch()
    },
    onError: async (error, { name, force }) => {
      if (force || !(error instanceof ApiError && error.status === 409)) {
        onError(error)
        return
      }
      const confirmed = await confirm({
        title: `Run ${name} all the same?`,
        text: 'An earlier job of this schedule has not ended. Another one would run beside it.',
        action: 'Run beside it',
      })
      if (confirmed) run.mutate({ name, force: true })
    },
  })

  const remove = useMutation({
    mutationFn: ({ name }: Deletion) => unwrap(api.DELETE('/api/schedules/{name}', { params: { path: { name } } })),
    onSuccess: (_, { name, onDone }) => {
      showToast('success', `${name} was deleted`)
      onDone?.()
      return refetch()
    },
    onError,
  })

  return {
    isPending: pauseOrResume.isPending || run.isPending || remove.isPending,
    pauseOrResume: (change: PauseOrResume) => pauseOrResume.mutate(change),
    run: (name: string) => run.mutate({ name, force: false }),
    remove: async (name: string, onDone?: () => void) => {
      const confirmed = await confirm({
        title: `Delete ${name}?`,
        text: 'Its history is deleted as well. Jobs that it has enqueued stay. This cannot be undone; pausing it can.',
        action: 'Delete',
      })
      if (confirmed) remove.mutate({ name, onDone })
    },
  }
}

function runMessage(name: string, fire: Fire): string {
  if (fire.job !== null) return `${name} enqueued ${fire.job}`
  return outcomeOf(fire) === 'waiting' ? `${name} runs once its earlier job has ended` : `${name} was ${fire.outcome}: ${reasonOf(fire)}`
}
