import { ALLOWED_STATES, type Action } from '../jobs/useJobActions'
import { api, unwrap, type State } from '../api/client'
import type { components } from '../api/schema'
import type { Filter } from '../search/query'

/** The jobs to act on: by id, or all that match one of the filters. */
export type Target = { ids: string[] } | { filters: Filter[] }

type Stepped = components['schemas']['Stepped']

export interface Progress {
  action: Action
  /** The number of jobs at the start; undefined if unknown. */
  total: number | undefined
  changed: number
  skipped: number
}

/** The maximum number of ids per request. */
export const MAX_IDS = 500

/** Restricts a filter to jobs in a state that allows the action; undefined if no such state is left. */
export function onlyEligible(filter: Filter, action: Action): Filter | undefined {
  if (action === 'delete') return filter
  const named = filter.state ? filter.state.split(',') : ALLOWED_STATES[action]
  const states = named.filter((state) => ALLOWED_STATES[action].includes(state as State))
  return states.length > 0 ? { ...filter, state: states.join(',') } : undefined
}

/** Applies an action to many jobs in steps; `onStep` is called after each step and returns false to stop. */
export async function applyToMany(
  action: Action,
  target: Target,
  force: boolean,
  onStep: (changed: number, skipped: number) => boolean,
): Promise<void> {
  for await (const { changed, skipped } of 'ids' in target ? byIds(action, target.ids, force) : byFilters(action, target.filters, force))
    if (!onStep(changed, skipped)) return
}

async function* byIds(action: Action, ids: string[], force: boolean): AsyncGenerator<Stepped> {
  for (let first = 0; first < ids.length; first += MAX_IDS)
    yield unwrap(api.POST('/api/jobs/bulk', { body: { action, ids: ids.slice(first, first + MAX_IDS), force } }))
}

/** The API requires an explicit `all` instead of an empty filter. */
function filterOrAll(filter: Filter) {
  return Object.keys(filter).length > 0 ? { filter } : { all: true }
}

async function* byFilters(action: Action, filters: Filter[], force: boolean): AsyncGenerator<Stepped> {
  for (const filter of filters) {
    let cursor: string | null = null
    do {
      const done: Stepped = await unwrap(api.POST('/api/jobs/bulk', { body: { action, ...filterOrAll(filter), force, cursor } }))
      yield done
      cursor = done.next_cursor
    } while (cursor !== null)
  }
}
