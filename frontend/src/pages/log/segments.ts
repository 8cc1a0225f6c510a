import type { StyledRange, Style } from './ansi'

/** A piece of text with one style. `match`: the index of the match it belongs to. */
export interface Segment {
  text: string
  style: Style
  match?: number
}

/** Splits a line where its style changes and where matches begin or end. */
export function segments(text: string, parts: StyledRange[], pattern: RegExp | undefined): Segment[] {
  const matches = pattern ? [...text.matchAll(pattern)].map(({ index, 0: { length } }) => [index, index + length] as const) : []
  const found: Segment[] = []
  let at = 0
  let match = 0
  for (const { end, style } of parts) {
    while (at < end) {
      while (match < matches.length && (matches[match]?.[1] ?? 0) <= at) match++
      const [begin = Infinity, close = Infinity] = matches[match] ?? []
      const within = at >= begin
      const to = Math.min(end, within ? close : begin)
      found.push({ text: text.slice(at, to), style, ...(within && { match }) })
      at = to
    }
  }
  return found
}
