import { LineStore } from './lineStore'
import type { LogRequest, LogState, LogMessage } from './protocol'
import { rows, textOf } from './rows'
import { Search } from './search'

/** Reads an output, stores it, searches it, and sends the page only the visible lines. */

const FRAME_MS = 16
/** While loading, frames are sent less often. */
const LOADING_FRAME_MS = 200
const SEARCH_MS = 12
const FIRST_RETRY_MS = 500
const MAX_RETRY_MS = 15_000
/** After this silence, the output is complete so far. The API polls for new output every 30 ms. */
const QUIET_MS = 25

let url = ''
let running = false
let visible = true
let store = new LineStore()
let search: Search | undefined
let state: LogState = 'loading'
let reason = ''
/** The line from which the first match is still to be reported. */
let firstMatchFrom: number | undefined
let view = { from: 0, count: 0, end: true }
let wake: (() => void) | undefined
let lastFrameAt = 0
let frameDue = false
let drawn = true
let searchDue = false

const post = (message: LogMessage) => self.postMessage(message)

self.onmessage = ({ data }: MessageEvent<LogRequest>) => {
  switch (data.kind) {
    case 'open':
      ;({ url, running } = data)
      void read()
      break
    case 'status':
      ;({ running, visible } = data)
      wake?.()
      break
    case 'view':
      view = data
      sendFrame()
      break
    case 'drawn':
      drawn = true
      if (frameDue) sendFrameAfter(FRAME_MS)
      break
    case 'search':
      search = data.words ? new Search(data.words, store) : undefined
      firstMatchFrom = data.from
      scheduleSearch()
      break
    case 'match':
      postMatch(data.index)
      break
    case 'text': {
      const size = store.bounds(data.to).end - store.bounds(data.from).start
      post({ kind: 'text', text: size > data.maxBytes ? null : textOf(store, data.from, data.to) })
    }
  }
}

/** Reads the output to its end; reconnects if the connection is lost. */
async function read(): Promise<void> {
  let retryDelay = FIRST_RETRY_MS
  for (;;) {
    try {
      const problem = await readOnce(() => (retryDelay = FIRST_RETRY_MS))
      if (problem !== undefined) {
        setState('unavailable', problem)
        return
      }
      await waitFor(FIRST_RETRY_MS, () => !running)
      if (!running) {
        setState('ended')
        return
      }
      setState('lost')
    } catch {
      setState('lost')
      await waitFor(retryDelay * (0.75 + Math.random() / 2), () => false)
      retryDelay = Math.min(retryDelay * 2, MAX_RETRY_MS)
    }
  }
}

/**
 * Makes one request and reads it to its end; returns the error if the API rejected it. Throws if the connection is
 * lost.
 */
async function readOnce(onResponse: () => void): Promise<string | undefined> {
  const response = await fetch(url)
  if (response.status >= 500) throw new Error(`the API responded with status ${response.status}`)
  if (response.status === 401) post({ kind: 'signed-out' })
  if (!response.ok || !response.body) {
    const problem = (await response.json().catch(() => ({}))) as { detail?: string }
    return problem.detail ?? `The API responded with status ${response.status}.`
  }
  onResponse()
  // After a reconnect, the output is read into a new store, which replaces the old one once it holds as much.
  const fresh = store.size > 0 ? new LineStore() : store
  const reader = response.body.getReader()
  let quiet: ReturnType<typeof setTimeout> | undefined
  const onQuiet = () => {
    replaceStore(fresh)
    setState('live')
  }
  try {
    for (;;) {
      while (!visible) await new Promise<void>((resolve) => (wake = resolve))
      quiet = setTimeout(onQuiet, QUIET_MS)
      const { done, value } = await reader.read()
      clearTimeout(quiet)
      if (done) {
        replaceStore(fresh)
        return undefined
      }
      fresh.append(value)
      if (fresh !== store && fresh.size >= store.size) replaceStore(fresh)
      if (fresh === store) onChanged()
    }
  } finally {
    clearTimeout(quiet)
    void reader.cancel().catch(() => undefined)
  }
}

function replaceStore(fresh: LineStore): void {
  if (fresh === store) return
  store = fresh
  if (search) search = new Search(search.words, store)
  onChanged()
}

/** Waits, but returns early when `done` becomes true. */
async function waitFor(milliseconds: number, done: () => boolean): Promise<void> {
  const end = performance.now() + milliseconds
  while (!done() && performance.now() < end) {
    await new Promise<void>((resolve) => {
      wake = resolve
      setTimeout(resolve, end - performance.now())
    })
  }
}

function setState(next: LogState, detail = ''): void {
  if (state === next && reason === detail) return
  state = next
  reason = detail
  onChanged()
}

function onChanged(): void {
  scheduleFrame()
  if (search) scheduleSearch()
}

/** Sends the page the current state, but not faster than it can render. */
function scheduleFrame(): void {
  if (frameDue) return
  frameDue = true
  if (drawn) sendFrameAfter(state === 'loading' ? LOADING_FRAME_MS : FRAME_MS)
}

const sendFrameAfter = (milliseconds: number) => setTimeout(sendFrame, Math.max(0, lastFrameAt + milliseconds - performance.now()))

function sendFrame(): void {
  frameDue = false
  drawn = false
  lastFrameAt = performance.now()
  const { first, lines } = store
  const from = Math.max(first, Math.min(view.end ? lines : view.from, lines - view.count))
  post({
    kind: 'frame',
    frame: { state, reason, bytes: store.size, lines, first, from, rows: rows(store, from, view.count) },
  })
}

function scheduleSearch(): void {
  if (searchDue) return
  searchDue = true
  setTimeout(searchStep)
}

/** One slice of the search, short enough for frames to be sent in between. */
function searchStep(): void {
  searchDue = false
  if (!search) return
  // The last line is searched when it is complete.
  const to = state === 'ended' ? store.size : store.lastLineStart
  const end = performance.now() + SEARCH_MS
  let more = true
  while (more && performance.now() < end) more = search.step(to)
  post({ kind: 'found', found: { words: search.words, count: search.found.length, full: search.full, done: !more } })
  if (firstMatchFrom !== undefined && (!more || (search.found.at(-1) ?? -1) >= firstMatchFrom)) {
    postMatch(search.firstFrom(firstMatchFrom))
    firstMatchFrom = undefined
  }
  if (more) scheduleSearch()
}

function postMatch(index: number): void {
  const line = search?.found[index]
  if (search && line !== undefined) post({ kind: 'match', match: { words: search.words, index, line, nth: search.indexInLine(index) } })
}
