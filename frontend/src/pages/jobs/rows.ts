import type { Job } from '../../api/client'
import type { Change } from '../../api/liveUpdates'

/** A job in the list; `after`: the cursor of the page that begins below it; `stale`: its details need a refetch. */
export interface Row {
  job: Job
  after?: string
  stale?: boolean
}

/** The loaded part of the list, from its top on, without gaps. */
export interface Rows {
  rows: readonly Row[]
  /** The cursor of the page below all rows; null: there are no more; undefined: nothing was fetched yet. */
  end: string | null | undefined
}

export const NO_ROWS: Rows = { rows: [], end: undefined }

export type SortTime = 'created_at' | 'finished_at'

/**
 * Merges a page into the list. It replaces the rows from below the row with `cursor` (undefined: from the top) down to
 * the last row that is both in the page and in the list. If they share no row, the list ends with the page, so that
 * there are no gaps or duplicates. `by`: the sort key; a job whose time changed has moved.
 */
export function mergePage(list: Rows, by: SortTime, cursor: string | undefined, items: readonly Job[], next: string | null): Rows {
  const start = startIndex(list, cursor)
  if (start === undefined) return list
  const above = list.rows.slice(0, start)
  const below = list.rows.slice(start)
  if (items.length === 0 && next !== null) return advanceSearch(list, above, below, next)

  const known = new Map(below.map((row, index) => [row.job.id, { row, index }]))
  const rowOf = (job: Job) => {
    const found = known.get(job.id)
    return found?.row.job[by] === job[by] ? found : undefined
  }
  const shared = items.findLast((job) => rowOf(job) !== undefined)
  const remaining = shared && next !== null ? below.slice((rowOf(shared)?.index ?? 0) + 1) : []
  const ids = new Set(items.map(({ id }) => id))
  const fresh = items.map((job) => reuseUnchanged(job, rowOf(job)?.row))
  const last = fresh.at(-1)
  if (last && next !== null) last.after = next
  const others = (row: Row) => !ids.has(row.job.id)
  const rest = remaining.filter(others)
  return { rows: [...above.filter(others), ...fresh, ...rest], end: rest.length > 0 ? list.end : next }
}

function startIndex(list: Rows, cursor: string | undefined): number | undefined {
  if (cursor === undefined) return 0
  if (cursor === list.end) return list.rows.length
  const row = list.rows.findIndex(({ after }) => after === cursor)
  return row < 0 ? undefined : row + 1
}

/** The page had no matches: the search continues from its end. */
function advanceSearch(list: Rows, above: Row[], below: Row[], next: string): Rows {
  const last = above.pop()
  const end = below.length === 0 ? next : list.end
  return last ? { rows: [...above, { ...last, after: next }, ...below], end } : { rows: below, end }
}

/** Reuses the object of an unchanged job, so that its row is not rendered again. */
function reuseUnchanged(job: Job, row: Row | undefined): Row {
  const same =
    row?.job.updated_at === job.updated_at &&
    row.job.state === job.state &&
    row.job.attempts === job.attempts &&
    row.job.cancelling === job.cancelling
  return { job: same ? row.job : job, ...(row?.after === undefined ? {} : { after: row.after }) }
}

/**
 * Applies changes of the event stream: jobs that no longer match leave the list. `mayHaveNew`: a job that is not in the
 * list may match now.
 */
export function applyChanges(
  list: Rows,
  changes: readonly Change[],
  matches: (change: Change) => boolean,
): { list: Rows; mayHaveNew: boolean } {
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
    if (change.state !== 'deleted' && matches(change)) rows.push({ ...row, job: withChange(row.job, change), stale: true })
    else passCursorUp(rows, row)
  }
  return {
    list: touched ? { ...list, rows } : list,
    mayHaveNew: [...latest.values()].some((change) => change.state !== 'deleted' && matches(change)),
  }
}

function withChange(job: Job, { state, queue, attempts, cancelling }: Change): Job {
  return {
    ...job,
    state: state === 'deleted' ? job.state : state,
    queue: queue ?? job.queue,
    attempts: attempts ?? job.attempts,
    cancelling: cancelling ?? job.cancelling,
  }
}

/** Moves the cursor of a removed row to the row above it. */
function passCursorUp(rows: Row[], { after }: Row): void {
  const above = rows.at(-1)
  if (above && above.after === undefined && after !== undefined) rows[rows.length - 1] = { ...above, after }
}

/** Where to fetch from to get the rows from index `first` on: the cursor, and how many rows above `first` it begins. */
export function cursorAbove(list: Rows, first: number): { cursor: string | undefined; above: number } {
  for (let index = Math.min(first, list.rows.length) - 1; index >= 0; index--) {
    const cursor = list.rows[index]?.after
    if (cursor !== undefined) return { cursor, above: first - index - 1 }
  }
  return { cursor: undefined, above: first }
}

/** Shortens the list to about `limit` rows; it ends where a page ended. */
export function truncate(list: Rows, limit: number): Rows {
  if (list.rows.length <= limit) return list
  const last = list.rows.findIndex(({ after }, index) => index >= limit - 1 && after !== undefined)
  return last < 0 ? list : { rows: list.rows.slice(0, last + 1), end: list.rows[last]?.after }
}

export const markAllStale = (list: Rows): Rows => ({ ...list, rows: list.rows.map((row) => ({ ...row, stale: true })) })
