const CHUNK = 1 << 20
const STEP = 128
const NEWLINE = 10

/**
 * A growing output, as lines counted from 0; the oldest lines are dropped beyond the size limit.
 *
 * Only the offset of every 128th line is stored, and the others are searched for from there, so that short lines need
 * little memory besides their bytes.
 */
export class LineStore {
  /** Bytes so far, including dropped ones. */
  size = 0
  /** The offset of the last line, which may still grow. */
  lastLineStart = 0
  private completeLines = 0
  private chunks: Uint8Array<ArrayBuffer>[] = []
  private droppedChunks = 0
  private checkpoints = [0]
  private droppedCheckpoints = 0

  constructor(private readonly maxBytes = 256 << 20) {}

  /** Lines so far, including dropped ones. */
  get lines(): number {
    return this.completeLines + (this.size > this.lastLineStart ? 1 : 0)
  }

  /** The first line that is not dropped. */
  get first(): number {
    return this.checkpoints.length > 0 ? this.droppedCheckpoints * STEP : this.completeLines
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
    this.dropOldest()
  }

  /** The byte offsets of a line, without its line break. */
  bounds(line: number): { start: number; end: number } {
    const start = this.startOf(line)
    return { start, end: this.newlineFrom(start) }
  }

  /** The bytes between two offsets. */
  slice(start: number, end: number): Uint8Array<ArrayBuffer> {
    const from = Math.max(start, this.firstByte)
    const result = new Uint8Array(Math.max(0, Math.min(end, this.size) - from))
    for (let at = from; at < from + result.length; ) {
      const part = this.chunkAt(at).subarray(at % CHUNK, (at % CHUNK) + from + result.length - at)
      result.set(part, at - from)
      at += part.length
    }
    return result
  }

  private get firstByte(): number {
    return this.droppedChunks * CHUNK
  }

  private chunkAt(offset: number): Uint8Array {
    const chunk = this.chunks[Math.floor(offset / CHUNK) - this.droppedChunks]
    if (!chunk) throw new RangeError(`byte ${offset} is not kept`)
    return chunk
  }

  private index(bytes: Uint8Array): void {
    for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) {
      this.completeLines++
      this.lastLineStart = this.size + at + 1
      if (this.completeLines % STEP === 0) this.checkpoints.push(this.lastLineStart)
    }
  }

  private dropOldest(): void {
    const surplus = Math.ceil((this.size - this.firstByte - this.maxBytes) / CHUNK)
    if (surplus <= 0) return
    this.chunks.splice(0, surplus)
    this.droppedChunks += surplus
    const from = this.checkpoints.findIndex((checkpoint) => checkpoint >= this.firstByte)
    const dropped = this.checkpoints.splice(0, from < 0 ? this.checkpoints.length : from)
    this.droppedCheckpoints += dropped.length
  }

  private startOf(line: number): number {
    if (line >= this.completeLines) return Math.max(this.lastLineStart, this.firstByte)
    let start = this.checkpoints[Math.floor(line / STEP) - this.droppedCheckpoints] ?? this.firstByte
    for (let passed = line % STEP; passed > 0; passed--) start = this.newlineFrom(start) + 1
    return start
  }

  private newlineFrom(offset: number): number {
    while (offset < this.size) {
      const begin = offset - (offset % CHUNK)
      const at = this.chunkAt(offset).indexOf(NEWLINE, offset % CHUNK)
      // Unused bytes of a chunk are 0, never a line break.
      if (at >= 0) return begin + at
      offset = begin + CHUNK
    }
    return this.size
  }
}
