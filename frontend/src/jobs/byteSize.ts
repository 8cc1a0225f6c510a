/** `512M` means the same as for `queuectl`: 1024-based. With a B, MiB is 1024-based and MB is 1000-based. */
const SIZE = /^(\d+(?:\.\d+)?)\s*(?:([kmgt])(i?b)?|b|bytes)?$/i
const POWERS = ['k', 'm', 'g', 't']

/** Parses a size in bytes; undefined if it is not a size. */
export function bytesOf(text: string): number | undefined {
  const found = SIZE.exec(text.trim())
  if (!found) return undefined
  const [, number, unit = '', kind = ''] = found
  const power = POWERS.indexOf(unit.toLowerCase()) + 1
  const size = Number(number) * (kind.toLowerCase() === 'b' ? 1000 : 1024) ** power
  return Number.isSafeInteger(size) ? size : undefined
}

/** Formats bytes exactly, in the largest unit that divides them. */
export function sizeText(bytes: number): string {
  for (const [base, kind] of [[1024, 'iB'], [1000, 'B']] as const)
    for (let power = POWERS.length; power > 0; power--) {
      const unit = POWERS[power - 1] ?? ''
      if (bytes > 0 && bytes % base ** power === 0) return `${bytes / base ** power} ${unit === 'k' && base === 1000 ? unit : unit.toUpperCase()}${kind}`
    }
  return `${bytes} B`
}
