import { plain } from './ansi'
import type { LineStore } from './lineStore'

const PIECE = 1 << 20
const MOST_MATCHES = 1_000_000

/** What finds `words` in shown text, small and capital letters alike. */
export const finder = (words: string) => new RegExp(words.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'gi')

/** All places of some words in an output, found piece by piece as it grows. */
export class Search {
  /** The line of each match, in order; a line stands there once for each match in it. */
  readonly found: number[] = []
  private readonly pattern: RegExp
  /** No match is cut where two pieces of a very long line meet. */
  private readonly overlap: number
  private offset: number
  private line: number

  constructor(
    readonly words: string,
    private readonly store: LineStore,
  ) {
    this.pattern = finder(words)
    this.overlap = new TextEncoder().encode(words).length - 1
    this.line = store.first
    this.offset = store.bounds(this.line).start
  }

  get full(): boolean {
    return this.found.length >= MOST_MATCHES
  }

  /** Looks through the next piece, at most up to `to`; false where there is none. */
  step(to: number): boolean {
    this.skipDropped()
    if (this.offset >= to || this.full) return false
    const bytes = this.store.slice(this.offset, Math.min(to, this.offset + PIECE))
    const lastBreak = bytes.lastIndexOf(10)
    const whole = lastBreak >= 0 ? bytes.subarray(0, lastBreak + 1) : bytes
    this.collect(plain(new TextDecoder().decode(whole)))
    const more = this.offset + whole.length < to
    this.offset += lastBreak < 0 && more ? Math.max(1, whole.length - this.overlap) : whole.length
    return true
  }

  /** The first match on that line or behind it; the first of all where there is none. */
  near(line: number): number {
    let [low, high] = [0, this.found.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.found[middle] ?? 0) < line) low = middle + 1
      else high = middle
    }
    return low < this.found.length ? low : 0
  }

  /** Which of the matches of its line a match is, from 0. */
  nth(index: number): number {
    let before = index
    while (before > 0 && this.found[before - 1] === this.found[index]) before--
    return index - before
  }

  private collect(text: string): void {
    let lineEnd = text.indexOf('\n')
    const countTo = (place: number) => {
      while (lineEnd >= 0 && lineEnd < place) {
        this.line++
        lineEnd = text.indexOf('\n', lineEnd + 1)
      }
    }
    for (const match of text.matchAll(this.pattern)) {
      if (this.full) break
      countTo(match.index)
      this.found.push(this.line)
    }
    countTo(text.length)
  }

  private skipDropped(): void {
    if (this.line >= this.store.first) return
    this.line = this.store.first
    this.offset = this.store.bounds(this.line).start
  }
}
