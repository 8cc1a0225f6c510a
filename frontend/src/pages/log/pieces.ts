import type { Part, Style } from './ansi'

/** A stretch of text that is drawn in one way. `hit`: which of the line's matches it belongs to. */
export interface Piece {
  text: string
  style: Style
  hit?: number
}

/** A line's text cut where its style changes, and where a match begins or ends. */
export function pieces(text: string, parts: Part[], pattern: RegExp | undefined): Piece[] {
  const hits = pattern ? [...text.matchAll(pattern)].map(({ index, 0: { length } }) => [index, index + length] as const) : []
  const found: Piece[] = []
  let at = 0
  let hit = 0
  for (const { end, style } of parts) {
    while (at < end) {
      while (hit < hits.length && (hits[hit]?.[1] ?? 0) <= at) hit++
      const [begin = Infinity, close = Infinity] = hits[hit] ?? []
      const within = at >= begin
      const to = Math.min(end, within ? close : begin)
      found.push({ text: text.slice(at, to), style, ...(within && { hit }) })
      at = to
    }
  }
  return found
}
