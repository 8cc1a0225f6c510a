import { LineStore } from './lineStore'
import type { Ask, LogState, Tell } from './protocol'
import { rows, textOf } from './rows'
import { Search } from './search'

/** Reads an output, keeps it, searches it, and tells the page the lines that it shows: the page never holds it all. */

const FRAME_MS = 16
/** What is only on its way to the end of what there is need not be shown as often. */
const LOADING_FRAME_MS = 200
const SEARCH_MS = 12
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 15_000
/** Once nothing has come for so long, all is there up to now. The API looks for more each 30 ms. */
const QUIET_MS = 25

let url = ''
let running = false
let seen = true
let store = new LineStore()
let search: Search | undefined
let state: LogState = 'loading'
let reason = ''
/** From where the first match is still to be told. */
let firstFrom: number | undefined
let view = { from: 0, count: 0, end: true }
let wake: (() => void) | undefined
let framed = 0
let frameDue = false
let drawn = true
let searchDue = false

const tell = (message: Tell) => self.postMessage(message)

self.onmessage = ({ data }: MessageEvent<Ask>) => {
  switch (data.kind) {
    case 'open':
      ;({ url, running } = data)
      void read()
      break
    case 'situation':
      ;({ running, seen } = data)
      wake?.()
      break
    case 'view':
      view = data
      frame()
      break
    case 'drawn':
      drawn = true
      if (frameDue) frameIn(FRAME_MS)
      break
    case 'search':
      search = data.words ? new Search(data.words, store) : undefined
      firstFrom = data.from
      searchSoon()
      break
    case 'match':
      tellMatch(data.index)
      break
    case 'text': {
      const size = store.bounds(data.to).end - store.bounds(data.from).start
      tell({ kind: 'text', text: size > data.most ? null : textOf(store, data.from, data.to) })
    }
  }
}

/** Reads the output to its end; anew where the connection is lost. */
async function read(): Promise<void> {
  let pause = FIRST_PAUSE_MS
  for (;;) {
    try {
      const refusal = await readOnce(() => (pause = FIRST_PAUSE_MS))
      if (refusal !== undefined) {
        become('refused', refusal)
        return
      }
      await passing(FIRST_PAUSE_MS, () => !running)
      if (!running) {
        become('ended')
        return
      }
      become('lost')
    } catch {
      become('lost')
      await passing(pause * (0.75 + Math.random() / 2), () => false)
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS)
    }
  }
}

/** One request to its end; why the API refused it, if it did. Throws where the connection is lost. */
async function readOnce(answered: () => void): Promise<string | undefined> {
  const response = await fetch(url)
  if (response.status >= 500) throw new Error(`the API answered ${response.status}`)
  if (response.status === 401) tell({ kind: 'signed-out' })
  if (!response.ok || !response.body) {
    const problem = (await response.json().catch(() => ({}))) as { detail?: string }
    return problem.detail ?? `The API answered ${response.status}.`
  }
  answered()
  // After a loss it is read anew into another store: until that holds as much, what was seen stays.
  const fresh = store.size > 0 ? new LineStore() : store
  const reader = response.body.getReader()
  let quiet: ReturnType<typeof setTimeout> | undefined
  const caughtUp = () => {
    show(fresh)
    become('live')
  }
  try {
    for (;;) {
      while (!seen) await new Promise<void>((resolve) => (wake = resolve))
      quiet = setTimeout(caughtUp, QUIET_MS)
      const { done, value } = await reader.read()
      clearTimeout(quiet)
      if (done) {
        show(fresh)
        return undefined
      }
      fresh.append(value)
      if (fresh !== store && fresh.size >= store.size) show(fresh)
      if (fresh === store) changed()
    }
  } finally {
    clearTimeout(quiet)
    void reader.cancel().catch(() => undefined)
  }
}

function show(fresh: LineStore): void {
  if (fresh === store) return
  store = fresh
  if (search) search = new Search(search.words, store)
  changed()
}

/** Waits, less long where `enough` has become true. */
async function passing(milliseconds: number, enough: () => boolean): Promise<void> {
  const end = performance.now() + milliseconds
  while (!enough() && performance.now() < end) {
    await new Promise<void>((resolve) => {
      wake = resolve
      setTimeout(resolve, end - performance.now())
    })
  }
}

function become(next: LogState, why = ''): void {
  if (state === next && reason === why) return
  state = next
  reason = why
  changed()
}

function changed(): void {
  frameSoon()
  if (search) searchSoon()
}

/** Tells the page what has changed, but no more than it can draw. */
function frameSoon(): void {
  if (frameDue) return
  frameDue = true
  if (drawn) frameIn(state === 'loading' ? LOADING_FRAME_MS : FRAME_MS)
}

const frameIn = (milliseconds: number) => setTimeout(frame, Math.max(0, framed + milliseconds - performance.now()))

function frame(): void {
  frameDue = false
  drawn = false
  framed = performance.now()
  const { first, lines } = store
  const from = Math.max(first, Math.min(view.end ? lines : view.from, lines - view.count))
  tell({
    kind: 'frame',
    frame: { state, reason, bytes: store.size, lines, first, from, rows: rows(store, from, view.count) },
  })
}

function searchSoon(): void {
  if (searchDue) return
  searchDue = true
  setTimeout(searchOn)
}

/** A part of the search, short enough that lines are told in between. */
function searchOn(): void {
  searchDue = false
  if (!search) return
  // A line that still grows is looked through when it has ended.
  const to = state === 'ended' ? store.size : store.open
  const end = performance.now() + SEARCH_MS
  let more = true
  while (more && performance.now() < end) more = search.step(to)
  tell({ kind: 'found', found: { words: search.words, count: search.found.length, full: search.full, done: !more } })
  if (firstFrom !== undefined && (!more || (search.found.at(-1) ?? -1) >= firstFrom)) {
    tellMatch(search.near(firstFrom))
    firstFrom = undefined
  }
  if (more) searchSoon()
}

function tellMatch(index: number): void {
  const line = search?.found[index]
  if (search && line !== undefined) tell({ kind: 'match', match: { words: search.words, index, line, nth: search.nth(index) } })
}
