import type { Row } from './rows'

/** `loading`: what there was; `live`: all is shown, and more may come; `lost`: what is shown may be old. */
export type LogState = 'loading' | 'live' | 'ended' | 'lost' | 'refused'

/** What the page asks the log's worker for. */
export type Ask =
  | { kind: 'open'; url: string; running: boolean }
  /** Whether the attempt still runs, and whether somebody looks: while nobody does, nothing is read. */
  | { kind: 'situation'; running: boolean; seen: boolean }
  /** The lines to show from now on; with `end`, the last ones. */
  | { kind: 'view'; from: number; count: number; end: boolean }
  /** The first match from line `from` on is told without being asked for. */
  | { kind: 'search'; words: string; from: number }
  | { kind: 'match'; index: number }
  /** The latest frame is on the screen: there is time for another. */
  | { kind: 'drawn' }
  | { kind: 'text'; from: number; to: number; most: number }

/** What is shown: told anew whenever it changes. */
export interface Frame {
  state: LogState
  reason: string
  bytes: number
  lines: number
  /** The first line that is still kept. */
  first: number
  /** The line of the first row. */
  from: number
  rows: Row[]
}

export interface Found {
  words: string
  count: number
  /** There are more, which were not counted. */
  full: boolean
  done: boolean
}

export interface Match {
  words: string
  index: number
  line: number
  /** Which one of its line's matches it is. */
  nth: number
}

export type Tell =
  | { kind: 'frame'; frame: Frame }
  | { kind: 'found'; found: Found }
  | { kind: 'match'; match: Match }
  /** null: larger than what was asked for at most. */
  | { kind: 'text'; text: string | null }
  | { kind: 'signed-out' }
