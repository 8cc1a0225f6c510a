import { formatBytes } from '../../components/numbers'
import { formatDuration } from '../../components/timeFormat'

/** A value in a more readable form; undefined if the number is readable enough. */
export function readableValue(value: number, unit: string): string | undefined {
  if (!Number.isFinite(value) || value < 60) return undefined
  if (unit === 'seconds') return formatDuration(value)
  if (unit === 'bytes') return formatBytes(value)
  return undefined
}
