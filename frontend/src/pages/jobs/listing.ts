import { api, ask, type Job } from '../../api/client'
import { onChanges, type Change } from '../../api/live'
import { filterOf, parse, statesOf, type Filter } from '../../search/query'
import { allStale, before, changed, NONE, place, shortened, type Row, type Rows, type Time } from './rows'
import { throttled } from './throttled'

export const SORTS = ['-created_at', 'created_at', '-finished_at', 'finished_at'] as const
export type Sort = (typeof SORTS)[number]

const PAGE = 100
/** Rows fetched before one has scrolled to them. */
const AHEAD = 150
/** The API answers no more at once. */
const MOST_AT_ONCE = 500
/** Rows held in memory; below them the list can be begun anew. */
const MOST_ROWS = 50_000
/** Kept below the view of who looks at the top: all day long newcomers push others down. */
const MOST_BELOW = 5000
/** Fetched at a look anew, so that newcomers at the top rarely come in more than that. */
const FEWEST = 50
const LOOK_AGAIN_MS = 250
const LOOK_AT_TOP_MS = 1000
/** Pages that may be short before a look anew is given up; the next one goes on from there. */
const MOST_STEPS = 5

const ENDED = ['completed', 'dead', 'cancelled']

export interface Shown {
  rows: readonly Row[]
  /** Nothing has been answered yet; the rows are those of the list before. */
  loading: boolean
  /** There are more below; `full`: but this list holds no more. */
  more: boolean
  full: boolean
  /** It takes several pages to find some: until somebody stops it. */
  searching: boolean
  stopped: boolean
  /** Jobs at the top that came since somebody scrolled down; `many`: at least so many. */
  newcomers: { count: number; many: boolean }
  error: Error | undefined
}

interface Page {
  items: Job[]
  next: string | null
  /** What happened between the question and the answer. */
  meanwhile: Change[]
}

const NOBODY = { count: 0, many: false }

/** One list of jobs, which follows what happens while it is shown: what the event stream tells at once, the rest by
 *  fetching what is in view a few times a second. */
export class Listing {
  readonly filter: Filter
  private readonly by: Time
  private list: Rows = NONE
  private readonly states: string[]
  private shown: Shown
  private readonly watchers = new Set<() => void>()

  private view = { first: 0, last: 30, atTop: true }
  private waiting: Change[] = []
  private frame: number | undefined
  /** What happened since each fetch that is under way began, as its answer may be older. */
  private readonly meanwhile = new Set<Change[]>()
  private growing = false
  private short = false
  /** Somebody who is not in the list may belong into it. */
  private unknown = false
  private readonly look = throttled(LOOK_AGAIN_MS, () => this.lookAgain())
  private readonly lookAtTop = throttled(LOOK_AT_TOP_MS, () => this.countNewcomers())

  constructor(
    readonly text: string,
    readonly sort: Sort,
    /** Shown until there is an answer. */
    old: readonly Row[],
    /** The cursor from which on; the top where there is none. */
    private readonly begin?: string,
  ) {
    const parts = parse(text)
    this.filter = filterOf(parts, Date.now())
    this.by = sort.endsWith('finished_at') ? 'finished_at' : 'created_at'
    const ended = this.by === 'finished_at' ? ENDED : []
    const named = this.filter.failure === undefined ? statesOf(parts) : ['dead']
    this.states = named.length === 0 ? ended : ended.length === 0 ? named : named.filter((name) => ended.includes(name))
    this.shown = {
      rows: old,
      loading: true,
      more: false,
      full: false,
      searching: false,
      stopped: false,
      newcomers: NOBODY,
      error: undefined,
    }
  }

  readonly subscribe = (watcher: () => void) => {
    this.watchers.add(watcher)
    return () => this.watchers.delete(watcher)
  }

  readonly get = () => this.shown

  /** Follows what happens, until what this returns is called. */
  readonly follow = () => {
    const end = onChanges((changes) => (changes === 'reset' ? this.reset() : this.happened(changes)))
    if (this.list.end === undefined) this.grow()
    else this.reset()
    return () => {
      end()
      this.look.stop()
      this.lookAtTop.stop()
    }
  }

  /** Which rows are in view, and whether the top of the list is. */
  readonly see = (first: number, last: number, atTop: boolean) => {
    const reached = atTop && !this.view.atTop
    this.view = { first, last, atTop }
    if ((reached && this.unknown) || this.isStale()) this.look()
    if (!this.shown.error) this.grow()
  }

  readonly stop = () => this.show({ stopped: true, searching: false })

  readonly goOn = () => {
    this.show({ stopped: false, error: undefined })
    this.grow()
  }

  /** The list below this one, where this one holds no more. */
  readonly below = () => new Listing(this.text, this.sort, [], this.list.end ?? undefined)

  private reset(): void {
    this.list = allStale(this.list)
    this.unknown = true
    if (this.shown.error) this.goOn()
    if (this.list.end !== undefined) this.lookAround()
  }

  private happened(changes: Change[]): void {
    for (const each of this.meanwhile) each.push(...changes)
    this.waiting.push(...changes)
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined
      this.apply(this.waiting.splice(0))
    })
  }

  private apply(changes: Change[]): void {
    const { list, unknown } = changed(this.list, changes, this.belongs)
    this.unknown ||= unknown
    if (list !== this.list) {
      this.list = list
      this.show()
      this.grow()
    }
    if (unknown || this.isStale()) this.lookAround()
  }

  private lookAround(): void {
    this.look()
    if (!this.view.atTop && this.unknown) this.lookAtTop()
  }

  private readonly belongs = ({ state, queue }: Change): boolean =>
    (this.states.length === 0 || this.states.includes(state)) &&
    (this.filter.queue == null || queue === undefined || queue === this.filter.queue)

  private isStale(): boolean {
    return this.list.rows.slice(this.view.first, this.view.last + 1).some(({ stale }) => stale)
  }

  /** Fetches the next page where the view comes near the end of what there is. */
  private grow(): void {
    const { rows, end } = this.list
    // Where few are found, only as many are looked for as there is room for.
    const wanted = this.view.last + 1 + (this.short ? 0 : AHEAD)
    if (this.growing || this.shown.stopped || end === null || rows.length >= Math.min(wanted, MOST_ROWS)) {
      if (!this.growing && this.shown.searching) this.show({ searching: false })
      return
    }
    this.growing = true
    void this.fetch(end ?? this.begin, PAGE)
      .then((page) => {
        this.short = page.items.length < PAGE && page.next !== null
        this.put(end, page)
        this.show({ loading: false, error: undefined, searching: this.short && !this.shown.stopped })
      })
      .catch((error: unknown) => this.show({ loading: false, searching: false, error: error as Error }))
      .finally(() => {
        this.growing = false
        if (!this.shown.error) this.grow()
      })
  }

  /** Fetches anew what is in view. */
  private async lookAgain(): Promise<void> {
    const { first, last, atTop } = this.view
    const { cursor, above } = atTop ? { cursor: undefined, above: first } : before(this.list, first)
    if (atTop) this.unknown = false
    const page = await this.gather(cursor ?? this.begin, Math.max(last - first + 1 + above, FEWEST)).catch(() => undefined)
    if (!page) return // What is shown stays; the connection says how old it is.
    const items = cursor === undefined && !atTop ? this.withoutNewcomers(page.items) : page.items
    this.list = { ...this.list, rows: this.list.rows.map((row, index) => (index <= last ? fresh(row) : row)) }
    if (items.length > 0 || page.next === null || cursor !== undefined) this.put(cursor, { ...page, items })
    if (atTop) this.list = shortened(this.list, last + MOST_BELOW)
    this.show(atTop ? { newcomers: NOBODY } : {})
    if (this.isStale()) this.look()
    this.grow()
  }

  /** How many came since somebody scrolled down. */
  private async countNewcomers(): Promise<void> {
    const page = await this.fetch(this.begin, PAGE).catch(() => undefined)
    if (!page || this.view.atTop) return
    const count = page.items.length - this.withoutNewcomers(page.items).length
    this.show({ newcomers: { count, many: count === PAGE } })
  }

  /** The jobs of a page of the top from the first one on that is in the list already. */
  private withoutNewcomers(items: Job[]): Job[] {
    const known = new Set(this.list.rows.slice(0, 2 * PAGE).map(({ job }) => job.id))
    const first = items.findIndex(({ id }) => known.has(id))
    return first < 0 ? [] : items.slice(first)
  }

  /** So many jobs from a cursor on, of several pages where these are short. */
  private async gather(cursor: string | undefined, wanted: number): Promise<Page> {
    const page = await this.fetch(cursor, Math.min(wanted, MOST_AT_ONCE))
    for (let step = 1; step < MOST_STEPS && page.next !== null && page.items.length < wanted; step++) {
      const { items, next, meanwhile } = await this.fetch(page.next, Math.min(wanted - page.items.length, MOST_AT_ONCE))
      page.items.push(...items)
      page.meanwhile.push(...meanwhile)
      page.next = next
    }
    return page
  }

  private async fetch(cursor: string | undefined, limit: number): Promise<Page> {
    const meanwhile: Change[] = []
    this.meanwhile.add(meanwhile)
    try {
      const query = { ...this.filter, sort: this.sort, limit, ...(cursor === undefined ? {} : { cursor }) }
      const { items, next_cursor: next } = await ask(api.GET('/api/jobs', { params: { query } }))
      return { items, next, meanwhile }
    } finally {
      this.meanwhile.delete(meanwhile)
    }
  }

  private put(cursor: string | undefined, { items, next, meanwhile }: Page): void {
    this.list = place(this.list, this.by, cursor, items, next)
    this.list = changed(this.list, meanwhile, this.belongs).list
  }

  private show(change: Partial<Shown> = {}): void {
    const { rows, end } = this.list
    this.shown = {
      ...this.shown,
      ...change,
      ...(end === undefined ? {} : { rows, more: end !== null, full: end !== null && rows.length >= MOST_ROWS }),
    }
    for (const watcher of this.watchers) watcher()
  }
}

const fresh = (row: Row): Row => (row.stale ? { ...row, stale: false } : row)
