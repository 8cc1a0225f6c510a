import { bytes } from '../../components/numbers'
import { duration } from '../../components/time'

/** A value in words that are easier to read than its digits; undefined where they are easy enough. */
export function meaning(value: number, unit: string): string | undefined {
  if (!Number.isFinite(value) || value < 60) return undefined
  if (unit === 'seconds') return duration(value)
  if (unit === 'bytes') return bytes(value)
  return undefined
}
