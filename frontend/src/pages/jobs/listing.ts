import { api, unwrap, type Job } from '../../api/client'
import { onChanges, type Change } from '../../api/liveUpdates'
import { filterOf, parse, type Filter } from '../../search/query'
import { markAllStale, cursorAbove, applyChanges, NO_ROWS, mergePage, truncate, type Row, type Rows, type SortTime } from './rows'
import { throttle } from './throttle'

export const SORTS = ['-created_at', 'created_at', '-finished_at', 'finished_at'] as const
export type Sort = (typeof SORTS)[number]

const PAGE_SIZE = 100
/** Rows fetched ahead of scrolling. */
const PREFETCH_ROWS = 150
/** The maximum page size of the API. */
const MAX_PAGE_SIZE = 500
/** The maximum number of rows in memory; a new list can start below them. */
const MAX_ROWS = 50_000
/** Rows kept below the view while the user is at the top, because new jobs keep pushing others down. */
const MAX_ROWS_BELOW = 5000
/** The minimum number of rows per refresh, so that new jobs rarely exceed it. */
const MIN_REFRESH = 50
const REFRESH_MS = 250
const NEW_JOBS_MS = 1000
/** The maximum number of short pages per refresh. */
const MAX_PAGES = 5

const ENDED = ['completed', 'dead', 'cancelled']

export interface ListState {
  rows: readonly Row[]
  /** There is no response yet; the rows are those of the previous list. */
  loading: boolean
  /** There are more jobs below; `full`: but this list has reached its limit. */
  more: boolean
  full: boolean
  /** Several pages are needed to find matches; the user can stop the search. */
  searching: boolean
  stopped: boolean
  /** Jobs added at the top since the user scrolled down; `many`: there may be more. */
  newJobs: { count: number; many: boolean }
  error: Error | undefined
}

interface Page {
  items: Job[]
  next: string | null
  /** Changes between the request and the response. */
  changesDuring: Change[]
}

const NO_NEW_JOBS = { count: 0, many: false }

/**
 * A list of jobs that stays up to date: state changes come from the event stream, everything else from refetching the
 * visible rows a few times per second.
 */
export class Listing {
  readonly filter: Filter
  private readonly sortTime: SortTime
  private list: Rows = NO_ROWS
  private readonly states: string[]
  private state: ListState
  private readonly listeners = new Set<() => void>()

  private view = { first: 0, last: 30, atTop: true }
  private pendingChanges: Change[] = []
  private frame: number | undefined
  /** Changes since the start of each pending request, whose response may be older. */
  private readonly changesDuring = new Set<Change[]>()
  private fetchingMore = false
  private lastPageShort = false
  /** A job that is not in the list may match now. */
  private mayHaveNew = false
  private readonly refreshSoon = throttle(REFRESH_MS, () => this.refresh())
  private readonly countNewJobsSoon = throttle(NEW_JOBS_MS, () => this.countNewJobs())

  constructor(
    readonly text: string,
    readonly sort: Sort,
    /** Shown until the first response. */
    old: readonly Row[],
    /** The cursor to start from; undefined: the top. */
    private readonly startCursor?: string,
  ) {
    this.filter = filterOf(parse(text), Date.now(), 'enqueued')
    this.sortTime = sort.endsWith('finished_at') ? 'finished_at' : 'created_at'
    const ended = this.sortTime === 'finished_at' ? ENDED : []
    const named = this.filter.failure === undefined ? (this.filter.state?.split(',') ?? []) : ['dead']
    this.states = named.length === 0 ? ended : ended.length === 0 ? named : named.filter((name) => ended.includes(name))
    this.state = {
      rows: old,
      loading: true,
      more: false,
      full: false,
      searching: false,
      stopped: false,
      newJobs: NO_NEW_JOBS,
      error: undefined,
    }
  }

  readonly subscribe = (listener: () => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  readonly get = () => this.state

  /** Starts updating the list; returns a function that stops it. */
  readonly follow = () => {
    const end = onChanges((changes) => (changes === 'reset' ? this.reset() : this.onChanged(changes)))
    if (this.list.end === undefined) this.fetchMore()
    else this.reset()
    return () => {
      end()
      this.refreshSoon.stop()
      this.countNewJobsSoon.stop()
    }
  }

  /** Tells the list which rows are visible, and whether the top is. */
  readonly setView = (first: number, last: number, atTop: boolean) => {
    const reached = atTop && !this.view.atTop
    this.view = { first, last, atTop }
    if ((reached && this.mayHaveNew) || this.isStale()) this.refreshSoon()
    if (!this.state.error) this.fetchMore()
  }

  readonly stop = () => this.update({ stopped: true, searching: false })

  readonly resume = () => {
    this.update({ stopped: false, error: undefined })
    this.fetchMore()
  }

  /** The list that continues below this one. */
  readonly below = () => new Listing(this.text, this.sort, [], this.list.end ?? undefined)

  private reset(): void {
    this.list = markAllStale(this.list)
    this.mayHaveNew = true
    if (this.state.error) this.resume()
    if (this.list.end !== undefined) this.refreshAll()
  }

  private onChanged(changes: Change[]): void {
    for (const each of this.changesDuring) each.push(...changes)
    this.pendingChanges.push(...changes)
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined
      this.apply(this.pendingChanges.splice(0))
    })
  }

  private apply(changes: Change[]): void {
    const { list, mayHaveNew } = applyChanges(this.list, changes, this.matches)
    this.mayHaveNew ||= mayHaveNew
    if (list !== this.list) {
      this.list = list
      this.update()
      this.fetchMore()
    }
    if (mayHaveNew || this.isStale()) this.refreshAll()
  }

  private refreshAll(): void {
    this.refreshSoon()
    if (!this.view.atTop && this.mayHaveNew) this.countNewJobsSoon()
  }

  private readonly matches = ({ state, queue }: Change): boolean =>
    (this.states.length === 0 || this.states.includes(state)) &&
    (this.filter.queue == null || queue === undefined || queue === this.filter.queue)

  private isStale(): boolean {
    return this.list.rows.slice(this.view.first, this.view.last + 1).some(({ stale }) => stale)
  }

  /** Fetches the next page if the view is near the end of the loaded rows. */
  private fetchMore(): void {
    const { rows, end } = this.list
    // If matches are rare, only as many rows as fit are searched for.
    const target = this.view.last + 1 + (this.lastPageShort ? 0 : PREFETCH_ROWS)
    if (this.fetchingMore || this.state.stopped || end === null || rows.length >= Math.min(target, MAX_ROWS)) {
      if (!this.fetchingMore && this.state.searching) this.update({ searching: false })
      return
    }
    this.fetchingMore = true
    void this.fetch(end ?? this.startCursor, PAGE_SIZE)
      .then((page) => {
        this.lastPageShort = page.items.length < PAGE_SIZE && page.next !== null
        this.mergePage(end, page)
        this.update({ loading: false, error: undefined, searching: this.lastPageShort && !this.state.stopped })
      })
      .catch((error: unknown) => this.update({ loading: false, searching: false, error: error as Error }))
      .finally(() => {
        this.fetchingMore = false
        if (!this.state.error) this.fetchMore()
      })
  }

  /** Refetches the visible rows. */
  private async refresh(): Promise<void> {
    const { first, last, atTop } = this.view
    const { cursor, above } = atTop ? { cursor: undefined, above: first } : cursorAbove(this.list, first)
    if (atTop) this.mayHaveNew = false
    const page = await this.fetchMany(cursor ?? this.startCursor, Math.max(last - first + 1 + above, MIN_REFRESH)).catch(() => undefined)
    if (!page) return // The current rows stay; the connection banner shows how old they are.
    const items = cursor === undefined && !atTop ? this.withoutNewJobs(page.items) : page.items
    this.list = { ...this.list, rows: this.list.rows.map((row, index) => (index <= last ? notStale(row) : row)) }
    if (items.length > 0 || page.next === null || cursor !== undefined) this.mergePage(cursor, { ...page, items })
    if (atTop) this.list = truncate(this.list, last + MAX_ROWS_BELOW)
    this.update(atTop ? { newJobs: NO_NEW_JOBS } : {})
    if (this.isStale()) this.refreshSoon()
    this.fetchMore()
  }

  /** Counts jobs added since the user scrolled down. */
  private async countNewJobs(): Promise<void> {
    const page = await this.fetch(this.startCursor, PAGE_SIZE).catch(() => undefined)
    if (!page || this.view.atTop) return
    const count = page.items.length - this.withoutNewJobs(page.items).length
    this.update({ newJobs: { count, many: count === PAGE_SIZE } })
  }

  /** The jobs of the top page, starting at the first one that is already in the list. */
  private withoutNewJobs(items: Job[]): Job[] {
    const known = new Set(this.list.rows.slice(0, 2 * PAGE_SIZE).map(({ job }) => job.id))
    const first = items.findIndex(({ id }) => known.has(id))
    return first < 0 ? [] : items.slice(first)
  }

  /** Fetches up to `target` jobs from a cursor on, over several pages if they are short. */
  private async fetchMany(cursor: string | undefined, target: number): Promise<Page> {
    const page = await this.fetch(cursor, Math.min(target, MAX_PAGE_SIZE))
    for (let step = 1; step < MAX_PAGES && page.next !== null && page.items.length < target; step++) {
      const { items, next, changesDuring } = await this.fetch(page.next, Math.min(target - page.items.length, MAX_PAGE_SIZE))
      page.items.push(...items)
      page.changesDuring.push(...changesDuring)
      page.next = next
    }
    return page
  }

  private async fetch(cursor: string | undefined, limit: number): Promise<Page> {
    const changesDuring: Change[] = []
    this.changesDuring.add(changesDuring)
    try {
      const query = { ...this.filter, sort: this.sort, limit, ...(cursor === undefined ? {} : { cursor }) }
      const { items, next_cursor: next } = await unwrap(api.GET('/api/jobs', { params: { query } }))
      return { items, next, changesDuring }
    } finally {
      this.changesDuring.delete(changesDuring)
    }
  }

  private mergePage(cursor: string | undefined, { items, next, changesDuring }: Page): void {
    this.list = mergePage(this.list, this.sortTime, cursor, items, next)
    this.list = applyChanges(this.list, changesDuring, this.matches).list
  }

  private update(change: Partial<ListState> = {}): void {
    const { rows, end } = this.list
    this.state = {
      ...this.state,
      ...change,
      ...(end === undefined ? {} : { rows, more: end !== null, full: end !== null && rows.length >= MAX_ROWS }),
    }
    for (const listener of this.listeners) listener()
  }
}

const notStale = (row: Row): Row => (row.stale ? { ...row, stale: false } : row)
