import { FROM, type Action } from '../api/actions'
import { api, ask, type State } from '../api/client'
import type { components } from '../api/schema'
import type { Filter } from '../search/query'

/** Which jobs: those named, or all that one of the filters chooses. */
export type Chosen = { ids: string[] } | { filters: Filter[] }

type Stepped = components['schemas']['Stepped']

export interface Progress {
  action: Action
  /** How many there were when it began; undefined where nobody knows. */
  total: number | undefined
  changed: number
  skipped: number
}

/** The API takes no more ids at once. */
export const MOST_IDS = 500

/** The filter without those with whom this cannot be done anyway; undefined where nobody is left. */
export function narrowed(filter: Filter, action: Action): Filter | undefined {
  if (action === 'delete') return filter
  const states = filter.state ? filter.state.split(',') : FROM[action]
  const left = states.filter((state) => FROM[action].includes(state as State))
  return left.length > 0 ? { ...filter, state: left.join(',') } : undefined
}

/** Does something with many jobs, a step at a time; `step` hears of each, and stops it with false. */
export async function change(
  action: Action,
  chosen: Chosen,
  force: boolean,
  step: (changed: number, skipped: number) => boolean,
): Promise<void> {
  for await (const { changed, skipped } of 'ids' in chosen ? named(action, chosen.ids, force) : matching(action, chosen.filters, force))
    if (!step(changed, skipped)) return
}

async function* named(action: Action, ids: string[], force: boolean): AsyncGenerator<Stepped> {
  for (let first = 0; first < ids.length; first += MOST_IDS)
    yield ask(api.POST('/api/jobs/bulk', { body: { action, ids: ids.slice(first, first + MOST_IDS), force } }))
}

async function* matching(action: Action, filters: Filter[], force: boolean): AsyncGenerator<Stepped> {
  for (const filter of filters) {
    let cursor: string | null = null
    do {
      const done: Stepped = await ask(api.POST('/api/jobs/bulk', { body: { action, filter, force, cursor } }))
      yield done
      cursor = done.next_cursor
    } while (cursor !== null)
  }
}
