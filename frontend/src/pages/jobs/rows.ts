import type { Job } from '../../api/client'
import type { Change } from '../../api/live'

/** A job in the list; `after`: the cursor of the page that begins below it; `stale`: there is more to know of it. */
export interface Row {
  job: Job
  after?: string
  stale?: boolean
}

/** The part of an endless list that was fetched, from its top on, without gaps. */
export interface Rows {
  rows: readonly Row[]
  /** The cursor of the page below all rows; null: there are no more, undefined: nothing was fetched yet. */
  end: string | null | undefined
}

export const NONE: Rows = { rows: [], end: undefined }

export type Time = 'created_at' | 'finished_at'

/** The list with a page in the place of what it had there: from below the row of `cursor` (undefined: from the top)
 *  down to the last row that page and list share. Where they share none, the list ends with the page, so that there
 *  are neither gaps nor doubles. `by`: what the list is sorted by, as who has another time now was moved. */
export function place(list: Rows, by: Time, cursor: string | undefined, items: readonly Job[], next: string | null): Rows {
  const start = startOf(list, cursor)
  if (start === undefined) return list
  const above = list.rows.slice(0, start)
  const below = list.rows.slice(start)
  if (items.length === 0 && next !== null) return searched(list, above, below, next)

  const known = new Map(below.map((row, index) => [row.job.id, { row, index }]))
  const rowOf = (job: Job) => {
    const found = known.get(job.id)
    return found?.row.job[by] === job[by] ? found : undefined
  }
  const shared = items.findLast((job) => rowOf(job) !== undefined)
  const kept = shared && next !== null ? below.slice((rowOf(shared)?.index ?? 0) + 1) : []
  const ids = new Set(items.map(({ id }) => id))
  const fresh = items.map((job) => renewed(job, rowOf(job)?.row))
  const last = fresh.at(-1)
  if (last && next !== null) last.after = next
  const others = (row: Row) => !ids.has(row.job.id)
  const rest = kept.filter(others)
  return { rows: [...above.filter(others), ...fresh, ...rest], end: rest.length > 0 ? list.end : next }
}

function startOf(list: Rows, cursor: string | undefined): number | undefined {
  if (cursor === undefined) return 0
  if (cursor === list.end) return list.rows.length
  const row = list.rows.findIndex(({ after }) => after === cursor)
  return row < 0 ? undefined : row + 1
}

/** Nothing was found as far as was searched: the search goes on from there. */
function searched(list: Rows, above: Row[], below: Row[], next: string): Rows {
  const last = above.pop()
  const end = below.length === 0 ? next : list.end
  return last ? { rows: [...above, { ...last, after: next }, ...below], end } : { rows: below, end }
}

/** The same object for a job that did not change, so that it is not drawn again. */
function renewed(job: Job, row: Row | undefined): Row {
  const same =
    row?.job.updated_at === job.updated_at &&
    row.job.state === job.state &&
    row.job.attempts === job.attempts &&
    row.job.cancelling === job.cancelling
  return { job: same ? row.job : job, ...(row?.after === undefined ? {} : { after: row.after }) }
}

/** The list after changes that the event stream told of: who does not belong into it any more has left it. `unknown`:
 *  somebody who is not in it may belong into it. */
export function changed(
  list: Rows,
  changes: readonly Change[],
  belongs: (change: Change) => boolean,
): { list: Rows; unknown: boolean } {
  const latest = new Map(changes.map((change) => [change.id, change]))
  const rows: Row[] = []
  let touched = false
  for (const row of list.rows) {
    const change = latest.get(row.job.id)
    if (!change) {
      rows.push(row)
      continue
    }
    latest.delete(change.id)
    touched = true
    if (change.state !== 'deleted' && belongs(change)) rows.push({ ...row, job: told(row.job, change), stale: true })
    else leaveCursor(rows, row)
  }
  return {
    list: touched ? { ...list, rows } : list,
    unknown: [...latest.values()].some((change) => change.state !== 'deleted' && belongs(change)),
  }
}

function told(job: Job, { state, queue, attempts, cancelling }: Change): Job {
  return {
    ...job,
    state: state === 'deleted' ? job.state : state,
    queue: queue ?? job.queue,
    attempts: attempts ?? job.attempts,
    cancelling: cancelling ?? job.cancelling,
  }
}

/** The page below a row that leaves begins below the one above it now. */
function leaveCursor(rows: Row[], { after }: Row): void {
  const above = rows.at(-1)
  if (above && above.after === undefined && after !== undefined) rows[rows.length - 1] = { ...above, after }
}

/** Where to fetch from to have the rows from number `first` on: the cursor, and how many rows above `first` it begins. */
export function before(list: Rows, first: number): { cursor: string | undefined; above: number } {
  for (let index = Math.min(first, list.rows.length) - 1; index >= 0; index--) {
    const cursor = list.rows[index]?.after
    if (cursor !== undefined) return { cursor, above: first - index - 1 }
  }
  return { cursor: undefined, above: first }
}

/** The list with little more than `most` rows: it ends where a page did. */
export function shortened(list: Rows, most: number): Rows {
  if (list.rows.length <= most) return list
  const last = list.rows.findIndex(({ after }, index) => index >= most - 1 && after !== undefined)
  return last < 0 ? list : { rows: list.rows.slice(0, last + 1), end: list.rows[last]?.after }
}

export const allStale = (list: Rows): Rows => ({ ...list, rows: list.rows.map((row) => ({ ...row, stale: true })) })
