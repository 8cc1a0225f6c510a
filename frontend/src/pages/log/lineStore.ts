const CHUNK = 1 << 20
const STEP = 128
const NEWLINE = 10

/** The bytes of an output that is still growing, as lines counted from 0; the oldest go where it gets too large.
 *
 * Only the beginning of each 128th line is kept in mind, the others are found from there: so a line costs no memory
 * besides its bytes, however short it is.
 */
export class LineStore {
  /** Bytes so far, also those that were dropped. */
  size = 0
  /** Where the last line begins, which may still grow. */
  open = 0
  private ended = 0
  private chunks: Uint8Array<ArrayBuffer>[] = []
  private droppedChunks = 0
  private marks = [0]
  private droppedMarks = 0

  constructor(private readonly most = 256 << 20) {}

  /** Lines so far, also those that were dropped. */
  get lines(): number {
    return this.ended + (this.size > this.open ? 1 : 0)
  }

  /** The first line that is still there. */
  get first(): number {
    return this.marks.length > 0 ? this.droppedMarks * STEP : this.ended
  }

  append(bytes: Uint8Array): void {
    this.index(bytes)
    for (let done = 0; done < bytes.length; ) {
      const into = this.size % CHUNK
      if (into === 0) this.chunks.push(new Uint8Array(CHUNK))
      const part = bytes.subarray(done, done + CHUNK - into)
      this.chunks.at(-1)?.set(part, into)
      this.size += part.length
      done += part.length
    }
    this.drop()
  }

  /** Where the bytes of a line begin and end; its line break is not counted. */
  bounds(line: number): { start: number; end: number } {
    const start = this.startOf(line)
    return { start, end: this.newlineFrom(start) }
  }

  /** The bytes from one offset to another. */
  slice(start: number, end: number): Uint8Array<ArrayBuffer> {
    const kept = Math.max(start, this.keptFrom)
    const whole = new Uint8Array(Math.max(0, Math.min(end, this.size) - kept))
    for (let at = kept; at < kept + whole.length; ) {
      const part = this.chunkAt(at).subarray(at % CHUNK, (at % CHUNK) + kept + whole.length - at)
      whole.set(part, at - kept)
      at += part.length
    }
    return whole
  }

  private get keptFrom(): number {
    return this.droppedChunks * CHUNK
  }

  private chunkAt(offset: number): Uint8Array {
    const chunk = this.chunks[Math.floor(offset / CHUNK) - this.droppedChunks]
    if (!chunk) throw new RangeError(`byte ${offset} is not kept`)
    return chunk
  }

  private index(bytes: Uint8Array): void {
    for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) {
      this.ended++
      this.open = this.size + at + 1
      if (this.ended % STEP === 0) this.marks.push(this.open)
    }
  }

  private drop(): void {
    const surplus = Math.ceil((this.size - this.keptFrom - this.most) / CHUNK)
    if (surplus <= 0) return
    this.chunks.splice(0, surplus)
    this.droppedChunks += surplus
    const kept = this.marks.findIndex((mark) => mark >= this.keptFrom)
    const gone = this.marks.splice(0, kept < 0 ? this.marks.length : kept)
    this.droppedMarks += gone.length
  }

  private startOf(line: number): number {
    if (line >= this.ended) return Math.max(this.open, this.keptFrom)
    let start = this.marks[Math.floor(line / STEP) - this.droppedMarks] ?? this.keptFrom
    for (let passed = line % STEP; passed > 0; passed--) start = this.newlineFrom(start) + 1
    return start
  }

  private newlineFrom(offset: number): number {
    while (offset < this.size) {
      const begin = offset - (offset % CHUNK)
      const at = this.chunkAt(offset).indexOf(NEWLINE, offset % CHUNK)
      // What a chunk has behind the last byte is 0, never a line break.
      if (at >= 0) return begin + at
      offset = begin + CHUNK
    }
    return this.size
  }
}
