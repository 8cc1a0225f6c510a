import { useQueryClient } from '@tanstack/react-query'
import { useMemo } from 'react'
import type { Action } from '../api/actions'
import { api, ask, type Refused } from '../api/client'
import { KEY } from '../api/queries'
import type { components } from '../api/schema'
import { useAsk, type Ask } from '../components/asking'
import { useMessages, type Offer, type Tell } from '../components/messages'
import { many, whole } from '../components/numbers'
import type { Filter } from '../search/query'
import { change, MOST_IDS, narrowed, type Chosen } from './bulk'
import { begin, end, went } from './running'

type Count = components['schemas']['Count']

/** Jobs that are named; `running`: how many of them run; `later`: how many wait for a time that is to come. */
interface Named {
  ids: string[]
  running: number
  later: number
}

const NAMES = { retry: 'Retry', cancel: 'Cancel', delete: 'Delete' }
const DONE = { retry: 'pending again', cancel: 'cancelled', delete: 'deleted' }

/** Does something with many jobs: asks where it cannot be undone, shows how far it is, tells how it went. */
export function useBulk(): ManyJobs {
  const queries = useQueryClient()
  const question = useAsk()
  const { tell } = useMessages()
  return useMemo(
    () => new ManyJobs(question, tell, () => void queries.invalidateQueries({ queryKey: [KEY.dead] })),
    [queries, question, tell],
  )
}

/** Each answers whether it was done, once it has ended; false where the person would rather not. */
class ManyJobs {
  constructor(
    private readonly question: Ask,
    private readonly tell: Tell,
    private readonly done: () => void,
  ) {}

  async withNamed(action: Action, { ids, running, later }: Named): Promise<boolean> {
    const stops = running > 0 ? `${many(running, 'of them runs', 'of them run')}, and will be stopped. ` : ''
    // A retry makes them due at once, and begins anew what ran: it would not bring back what was.
    const undoable = action === 'cancel' && ids.length <= MOST_IDS && later === 0 && running === 0
    if (action !== 'retry' && !undoable && !(await this.meant(action, many(ids.length, 'job'), stops))) return false
    return this.run(action, { ids }, ids.length, undoable ? ids : [])
  }

  /** With all that the filter chooses, loaded or not. */
  async withAll(action: Action, filter: Filter): Promise<boolean> {
    const left = narrowed(filter, action)
    try {
      const found = left && (await ask(api.GET('/api/count', { params: { query: left } })))
      if (left && found && found.count > 0) return await this.withMatching(action, [left], found)
      this.tell('refused', `There is no job among them to ${action}.`)
    } catch (refusal) {
      this.tell('refused', (refusal as Refused).message)
    }
    return false
  }

  /** The same, where one knows how many these are. */
  async withMatching(action: Action, filters: Filter[], { count, complete }: Count): Promise<boolean> {
    const number = `${complete ? '' : 'more than '}${many(count, 'job')}`
    const someRun = action !== 'retry' && filters.some(({ state }) => !state || state.includes('processing'))
    if (!(await this.meant(action, number, someRun ? 'Those that run will be stopped. ' : ''))) return false
    return this.run(action, { filters }, complete ? count : undefined)
  }

  private meant(action: Action, number: string, stops: string): Promise<boolean> {
    return this.question({
      title: `${NAMES[action]} ${number}?`,
      text: stops + CONSEQUENCES[action],
      action: `${NAMES[action]} ${number}`,
    })
  }

  /** `undo`: whom a retry brings back. */
  private async run(action: Action, chosen: Chosen, total?: number, undo: string[] = []): Promise<boolean> {
    if (!begin({ action, total, changed: 0, skipped: 0 })) {
      this.tell('refused', 'Something is being done with many jobs already: wait until it has ended, or stop it.')
      return false
    }
    let refusal: Refused | undefined
    try {
      await change(action, chosen, true, went)
    } catch (error) {
      refusal = error as Refused
    }
    const { changed, skipped, stopping } = end()
    const left = skipped > 0 ? `, ${whole(skipped)} left as they were` : ''
    const text = `${many(changed, 'job is', 'jobs are')} ${DONE[action]}${left}.`
    if (refusal) this.tell('refused', changed > 0 ? `${text} Then: ${refusal.message}` : refusal.message)
    else this.tell('done', stopping ? `${text} Stopped: the rest is as it was.` : text, changed > 0 ? this.offer(undo) : undefined)
    this.done()
    return true
  }

  private offer(ids: string[]): Offer | undefined {
    return ids.length > 0 ? { name: 'Undo', act: () => void this.run('retry', { ids }, ids.length) } : undefined
  }
}

const CONSEQUENCES: Record<Action, string> = {
  retry: 'All of them, also those that are not in view, will be pending again, with fresh attempts.',
  cancel: 'They can be retried, and are due at once then; there is no single step back.',
  delete: 'Their history and their output are deleted too. This cannot be undone.',
}
