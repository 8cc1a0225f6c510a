import type { Row } from './rows'

/**
 * `loading`: reading existing output; `live`: up to date, more may follow; `lost`: the connection is broken, the output
 * may be outdated.
 */
export type LogState = 'loading' | 'live' | 'ended' | 'lost' | 'unavailable'

/** Messages from the page to the web worker. */
export type LogRequest =
  | { kind: 'open'; url: string; running: boolean }
  /** Whether the attempt is running, and whether the tab is visible; a hidden tab reads nothing. */
  | { kind: 'status'; running: boolean; visible: boolean }
  /** The visible lines; with `end`, the last ones. */
  | { kind: 'view'; from: number; count: number; end: boolean }
  /** The first match from line `from` on is reported without a request. */
  | { kind: 'search'; words: string; from: number }
  | { kind: 'match'; index: number }
  /** The latest frame was rendered; the next one may follow. */
  | { kind: 'drawn' }
  | { kind: 'text'; from: number; to: number; maxBytes: number }

/** What the page renders; sent whenever it changes. */
export interface Frame {
  state: LogState
  reason: string
  bytes: number
  lines: number
  /** The first line that is not dropped. */
  first: number
  /** The line number of the first row. */
  from: number
  rows: Row[]
}

export interface Found {
  words: string
  count: number
  /** There are more matches, which were not counted. */
  full: boolean
  done: boolean
}

export interface Match {
  words: string
  index: number
  line: number
  /** The index of the match within its line. */
  nth: number
}

export type LogMessage =
  | { kind: 'frame'; frame: Frame }
  | { kind: 'found'; found: Found }
  | { kind: 'match'; match: Match }
  /** null: larger than requested. */
  | { kind: 'text'; text: string | null }
  | { kind: 'signed-out' }
