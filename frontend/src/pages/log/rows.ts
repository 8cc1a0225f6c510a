import { parse, PLAIN, stripAnsi, styleAfter, type StyledRange, type Style } from './ansi'
import type { LineStore } from './lineStore'

/** A rendered line. */
export interface Row {
  text: string
  parts: StyledRange[]
  /** Bytes that are not shown because the line is too long. */
  cut: number
}

/** The maximum number of bytes shown per line. */
export const MAX_LINE_BYTES = 10_000
/** How far back to look for a style that continues over line breaks. */
const STYLE_LOOKBACK = 65_536

/** `count` lines from line `from` on. */
export function rows(store: LineStore, from: number, count: number): Row[] {
  const result: Row[] = []
  let style = from < store.lines ? styleBefore(store, from) : PLAIN
  for (let line = from; line < Math.min(from + count, store.lines); line++) {
    const { content, cut } = visiblePart(store, line)
    const parsed = parse(content, style)
    style = parsed.style
    result.push({ text: parsed.text, parts: parsed.ranges, cut })
  }
  return result
}

/** The text of lines for the clipboard, with long lines in full. */
export function textOf(store: LineStore, from: number, to: number): string {
  const { start } = store.bounds(from)
  return stripAnsi(decode(store, start, store.bounds(to).end))
}

function styleBefore(store: LineStore, line: number): Style {
  const { start } = store.bounds(line)
  return styleAfter(decode(store, Math.max(0, start - STYLE_LOOKBACK), start))
}

function visiblePart(store: LineStore, line: number): { content: string; cut: number } {
  const { start, end } = store.bounds(line)
  if (end - start <= MAX_LINE_BYTES) return { content: decode(store, start, end), cut: 0 }
  // A long line with carriage returns is a progress bar: its last state is at its end.
  const last = decode(store, end - MAX_LINE_BYTES, end)
  if (last.slice(0, -1).includes('\r')) return { content: last, cut: 0 }
  return { content: decode(store, start, start + MAX_LINE_BYTES), cut: end - start - MAX_LINE_BYTES }
}

/** Decodes UTF-8; invalid bytes show as �. */
const decode = (store: LineStore, start: number, end: number) => new TextDecoder().decode(store.slice(start, end))
