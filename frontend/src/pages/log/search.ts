import { stripAnsi } from './ansi'
import type { LineStore } from './lineStore'

const CHUNK = 1 << 20
const MAX_MATCHES = 1_000_000

/** A case-insensitive pattern that matches `words` literally. */
export const searchPattern = (words: string) => new RegExp(words.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'gi')

/** Finds all matches in an output, chunk by chunk, as it grows. */
export class Search {
  /** The line of each match, in order; a line with several matches is repeated. */
  readonly found: number[] = []
  private readonly pattern: RegExp
  /** Chunks of a very long line overlap, so that no match is cut. */
  private readonly overlap: number
  private offset: number
  private line: number

  constructor(
    readonly words: string,
    private readonly store: LineStore,
  ) {
    this.pattern = searchPattern(words)
    this.overlap = new TextEncoder().encode(words).length - 1
    this.line = store.first
    this.offset = store.bounds(this.line).start
  }

  get full(): boolean {
    return this.found.length >= MAX_MATCHES
  }

  /** Searches the next chunk, at most up to `to`; returns false if there is none. */
  step(to: number): boolean {
    this.skipDropped()
    if (this.offset >= to || this.full) return false
    const bytes = this.store.slice(this.offset, Math.min(to, this.offset + CHUNK))
    const lastBreak = bytes.lastIndexOf(10)
    const whole = lastBreak >= 0 ? bytes.subarray(0, lastBreak + 1) : bytes
    this.collect(stripAnsi(new TextDecoder().decode(whole)))
    const more = this.offset + whole.length < to
    this.offset += lastBreak < 0 && more ? Math.max(1, whole.length - this.overlap) : whole.length
    return true
  }

  /** The first match on or after that line, otherwise the first of all. */
  firstFrom(line: number): number {
    let [low, high] = [0, this.found.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.found[middle] ?? 0) < line) low = middle + 1
      else high = middle
    }
    return low < this.found.length ? low : 0
  }

  /** The index of a match among those of its line, from 0. */
  indexInLine(index: number): number {
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
