import { parse, PLAIN, plain, styleAfter, type Part, type Style } from './ansi'
import type { LineStore } from './lineStore'

/** A line as it is shown. */
export interface Row {
  text: string
  parts: Part[]
  /** Bytes of it that are not shown, as it is too long. */
  cut: number
}

/** Bytes of a line that are shown. */
export const LONGEST = 10_000
/** How far back colours are looked for that were not ended with their line. */
const LOOK_BACK = 65_536

/** `count` lines from line `from` on. */
export function rows(store: LineStore, from: number, count: number): Row[] {
  const found: Row[] = []
  let style = from < store.lines ? styleBefore(store, from) : PLAIN
  for (let line = from; line < Math.min(from + count, store.lines); line++) {
    const { content, cut } = shownOf(store, line)
    const parsed = parse(content, style)
    style = parsed.style
    found.push({ text: parsed.text, parts: parsed.parts, cut })
  }
  return found
}

/** The shown text of lines, for the clipboard; a line that is too long to show is whole here. */
export function textOf(store: LineStore, from: number, to: number): string {
  const { start } = store.bounds(from)
  return plain(decode(store, start, store.bounds(to).end))
}

function styleBefore(store: LineStore, line: number): Style {
  const { start } = store.bounds(line)
  return styleAfter(decode(store, Math.max(0, start - LOOK_BACK), start))
}

function shownOf(store: LineStore, line: number): { content: string; cut: number } {
  const { start, end } = store.bounds(line)
  if (end - start <= LONGEST) return { content: decode(store, start, end), cut: 0 }
  // A long line with carriage returns is a progress bar: its last state is at its end.
  const last = decode(store, end - LONGEST, end)
  if (last.slice(0, -1).includes('\r')) return { content: last, cut: 0 }
  return { content: decode(store, start, start + LONGEST), cut: end - start - LONGEST }
}

/** Bytes as text; what is not UTF-8 shows as �. */
const decode = (store: LineStore, start: number, end: number) => new TextDecoder().decode(store.slice(start, end))
