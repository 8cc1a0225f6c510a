/** `512M` is what `queuectl` means by it; with a B, units are as people write them: MiB 1024, MB 1000. */
const SIZE = /^(\d+(?:\.\d+)?)\s*(?:([kmgt])(i?b)?|b|bytes)?$/i
const POWERS = ['k', 'm', 'g', 't']

/** The bytes that are meant; undefined where it is no size. */
export function bytesOf(text: string): number | undefined {
  const found = SIZE.exec(text.trim())
  if (!found) return undefined
  const [, number, unit = '', kind = ''] = found
  const power = POWERS.indexOf(unit.toLowerCase()) + 1
  const size = Number(number) * (kind.toLowerCase() === 'b' ? 1000 : 1024) ** power
  return Number.isSafeInteger(size) ? size : undefined
}

/** Bytes exactly, in the largest unit that leaves nothing over. */
export function sizeText(bytes: number): string {
  for (const [base, kind] of [[1024, 'iB'], [1000, 'B']] as const)
    for (let power = POWERS.length; power > 0; power--) {
      const unit = POWERS[power - 1] ?? ''
      if (bytes > 0 && bytes % base ** power === 0) return `${bytes / base ** power} ${unit === 'k' && base === 1000 ? unit : unit.toUpperCase()}${kind}`
    }
  return `${bytes} B`
}
