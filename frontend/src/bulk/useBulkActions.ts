import { useQueryClient } from '@tanstack/react-query'
import { useMemo } from 'react'
import type { Action } from '../jobs/useJobActions'
import { api, unwrap, type ApiError } from '../api/client'
import { QUERY_KEY } from '../api/queries'
import type { components } from '../api/schema'
import { useConfirm, type Confirm } from '../components/confirm'
import { useToast, type ToastAction, type ShowToast } from '../components/toast'
import { plural, formatNumber } from '../components/numbers'
import type { Filter } from '../search/query'
import { applyToMany, MAX_IDS, onlyEligible, type Target } from './bulkRequests'
import { startBulk, finishBulk, addStep } from './useBulkProgress'

type Count = components['schemas']['Count']

/** Selected jobs; `running`: how many of them are running; `scheduled`: how many are due in the future. */
interface Selected {
  ids: string[]
  running: number
  scheduled: number
}

const VERBS = { retry: 'Retry', cancel: 'Cancel', delete: 'Delete' }
const DONE = { retry: 'requeued', cancel: 'cancelled', delete: 'deleted' }

/**
 * Applies an action to many jobs: asks for confirmation if it cannot be undone, shows progress, and reports the result.
 */
export function useBulkActions(): BulkActions {
  const queries = useQueryClient()
  const confirm = useConfirm()
  const { showToast } = useToast()
  return useMemo(
    () => new BulkActions(confirm, showToast, () => void queries.invalidateQueries({ queryKey: [QUERY_KEY.dead] })),
    [queries, confirm, showToast],
  )
}

/** Each method resolves to true when the action has ended, or to false if it was not confirmed or could not start. */
class BulkActions {
  constructor(
    private readonly confirm: Confirm,
    private readonly showToast: ShowToast,
    private readonly onDone: () => void,
  ) {}

  async onSelected(action: Action, { ids, running, scheduled }: Selected): Promise<boolean> {
    const warning = running > 0 ? `${plural(running, 'job is', 'jobs are')} running and will be stopped. ` : ''
    // Retrying makes jobs due immediately and restarts those that were running, so it would not restore the previous
    // state.
    const undoable = action === 'cancel' && ids.length <= MAX_IDS && scheduled === 0 && running === 0
    if (action !== 'retry' && !undoable && !(await this.confirmed(action, plural(ids.length, 'job'), warning))) return false
    return this.run(action, { ids }, ids.length, undoable ? ids : [])
  }

  /** Applies the action to all jobs that match the filter, loaded or not. */
  async onAllMatching(action: Action, filter: Filter): Promise<boolean> {
    const eligible = onlyEligible(filter, action)
    try {
      const found = eligible && (await unwrap(api.GET('/api/count', { params: { query: eligible } })))
      if (eligible && found && found.count > 0) return await this.onMatching(action, [eligible], found)
      this.showToast('error', `There are no matching jobs to ${action}.`)
    } catch (error) {
      this.showToast('error', (error as ApiError).message)
    }
    return false
  }

  /** As onAllMatching, if the number of jobs is already known. */
  async onMatching(action: Action, filters: Filter[], { count, complete }: Count): Promise<boolean> {
    const number = `${complete ? '' : 'more than '}${plural(count, 'job')}`
    const someRun = action !== 'retry' && filters.some(({ state }) => !state || state.includes('processing'))
    if (!(await this.confirmed(action, number, someRun ? 'Running jobs will be stopped. ' : ''))) return false
    return this.run(action, { filters }, complete ? count : undefined)
  }

  private confirmed(action: Action, number: string, warning: string): Promise<boolean> {
    return this.confirm({
      title: `${VERBS[action]} ${number}?`,
      text: warning + CONSEQUENCES[action],
      action: `${VERBS[action]} ${number}`,
      ...(action === 'cancel' && { dismiss: 'Keep jobs' }),
    })
  }

  /** `undo`: ids of jobs that a retry restores. */
  private async run(action: Action, target: Target, total?: number, undo: string[] = []): Promise<boolean> {
    if (!startBulk({ action, total, changed: 0, skipped: 0 })) {
      this.showToast('error', 'Another bulk action is running. Wait until it has finished, or stop it.')
      return false
    }
    let failure: ApiError | undefined
    try {
      await applyToMany(action, target, true, addStep)
    } catch (error) {
      failure = error as ApiError
    }
    const { changed, skipped, stopping } = finishBulk()
    const eligible = skipped > 0 ? `, ${formatNumber(skipped)} skipped` : ''
    const text = `${plural(changed, 'job was', 'jobs were')} ${DONE[action]}${eligible}.`
    if (failure) this.showToast('error', changed > 0 ? `${text} Then an error occurred: ${failure.message}` : failure.message)
    else this.showToast('success', stopping ? `${text} The action was stopped before the end.` : text, changed > 0 ? this.undoAction(undo) : undefined)
    this.onDone()
    return true
  }

  private undoAction(ids: string[]): ToastAction | undefined {
    return ids.length > 0 ? { name: 'Undo', act: () => void this.run('retry', { ids }, ids.length) } : undefined
  }
}

const CONSEQUENCES: Record<Action, string> = {
  retry: 'All of them, including those not shown, will be pending again with a new set of attempts.',
  cancel: 'They can be retried, but then run immediately. This cannot be undone in one step.',
  delete: 'Their history and output will also be deleted. This cannot be undone.',
}
