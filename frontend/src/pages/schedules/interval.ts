const UNITS: [unit: string, seconds: number][] = [
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
  ['s', 1],
]

/** The seconds of an interval: `90`, `90s`, `15m`, `1h 30m`; undefined if the text is none. */
export function parseInterval(text: string): number | undefined {
  const given = text.trim().toLowerCase()
  if (/^\d+(\.\d+)?$/.test(given)) return Number(given)
  if (!/^(\d+(\.\d+)?[dhms]\s*)+$/.test(given)) return undefined
  const sum = [...given.matchAll(/([\d.]+)([dhms])/g)].reduce((seconds, [, number, unit]) => seconds + Number(number) * secondsOf(unit), 0)
  return Number(sum.toFixed(3))
}

const secondsOf = (unit: string | undefined) => UNITS.find(([each]) => each === unit)?.[1] ?? 0

/** An interval as `parseInterval` reads it, exactly: `15m`, `1h 30m`, `1d 1s`. */
export function intervalText(seconds: number): string {
  const parts: string[] = []
  let rest = seconds
  for (const [unit, size] of UNITS) {
    const count = unit === 's' ? Number(rest.toFixed(3)) : Math.floor(rest / size)
    if (count > 0) parts.push(`${count}${unit}`)
    rest -= count * size
  }
  return parts.join(' ') || '0s'
}
