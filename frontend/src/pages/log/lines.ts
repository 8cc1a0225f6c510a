/** Output as lines, of which only the last ones are kept, however much comes. */
export interface Lines {
  /** Ended lines, oldest first. */
  ended: string[]
  /** What came after the last line break. */
  open: string
  /** How many lines were dropped at the beginning. */
  dropped: number
}

export const KEPT = 5000
const LONGEST = 10_000

export const NO_LINES: Lines = { ended: [], open: '', dropped: 0 }

/** The lines with more output behind them. */
export function withOutput(lines: Lines, text: string): Lines {
  const parts = (lines.open + text).split('\n')
  const open = parts.pop() ?? ''
  const all = [...lines.ended, ...parts.map(shown)]
  const surplus = Math.max(0, all.length - KEPT)
  return { ended: all.slice(surplus), open: open.slice(-LONGEST), dropped: lines.dropped + surplus }
}

/** A line as a terminal would leave it: what a carriage return overwrote is gone. */
export function shown(line: string): string {
  const text = line.endsWith('\r') ? line.slice(0, -1) : line
  return text.slice(text.lastIndexOf('\r') + 1).slice(0, LONGEST)
}
