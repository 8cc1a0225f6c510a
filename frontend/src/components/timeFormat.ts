const STEPS: [string, number][] = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
]

/** The distance of `instant` from `now` (milliseconds): `5m ago`, or `in 1h 59m` if it is in the future. */
export function formatRelative(instant: string, now: number): string {
  const seconds = Math.round((now - Date.parse(instant)) / 1000)
  const size = Math.abs(seconds)
  const [unit, length] = STEPS.find(([, step]) => size >= step) ?? ['s', 1]
  const text = `${Math.floor(size / length)}${unit}`
  if (size < 1) return 'now'
  return seconds < 0 ? `in ${formatDuration(size)}` : `${text} ago`
}

/** A duration in seconds with at most two units: `3.2ms`, `12.4s`, `4m 05s`, `2h 10m`, `3d 4h`. */
export function formatDuration(seconds: number): string {
  if (seconds === 0) return '0s'
  if (seconds < 0.9995) return `${Number((seconds * 1000).toPrecision(seconds < 0.01 ? 2 : 3))}ms`
  if (seconds < 59.95) return `${seconds < 9.995 ? seconds.toFixed(2) : seconds.toFixed(1)}s`
  const whole = Math.round(seconds)
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${two(whole % 60)}s`
  if (whole < 86_400) return `${Math.floor(whole / 3600)}h ${two(Math.floor((whole % 3600) / 60))}m`
  return `${Math.floor(whole / 86_400)}d ${Math.floor((whole % 86_400) / 3600)}h`
}

const two = (number: number) => String(number).padStart(2, '0')

/** Seconds between two instants. */
export const secondsBetween = (from: string, to: string) => (Date.parse(to) - Date.parse(from)) / 1000

const EXACT = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'long' })

/** An exact time in the user's time zone. */
export const formatExact = (instant: string) => EXACT.format(new Date(instant))
