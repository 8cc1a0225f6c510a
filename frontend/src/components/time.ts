const STEPS: [string, number][] = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
]

/** How far `instant` is from `now` (milliseconds), as `5m ago` or `in 2h`. */
export function relative(instant: string, now: number): string {
  const seconds = Math.round((now - Date.parse(instant)) / 1000)
  const size = Math.abs(seconds)
  const [unit, length] = STEPS.find(([, step]) => size >= step) ?? ['s', 1]
  const text = `${Math.floor(size / length)}${unit}`
  if (size < 1) return 'now'
  return seconds < 0 ? `in ${text}` : `${text} ago`
}
