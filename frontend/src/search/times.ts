const UNIT_SECONDS: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 }

/**
 * Parses a time: a duration before `now` (`2h`, `1h30m`, `3d`), a local date or date and time, or RFC 3339. Undefined
 * if it is none of these.
 */
export function parseTime(text: string, now: number): string | undefined {
  if (/^(\d+(\.\d+)?[smhdw])+$/.test(text)) return iso(now - 1000 * secondsOf(text))
  if (DAY.test(text)) return iso(Date.parse(`${text}T00:00`))
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?$/i.test(text)) return iso(Date.parse(text))
  return undefined
}

export interface TimeRange {
  since?: string
  until?: string
}

/**
 * Parses a time range: from a time on (`2h`, `2h..`), a day (`2026-01-30`), or between two times, the last day included
 * (`2026-01-30..2026-01-31`, `2d..1d`, `..1h`). Undefined if it is none of these.
 */
export function parseTimeRange(text: string, now: number): TimeRange | undefined {
  const [from = '', to, ...more] = text.split('..')
  if (to === undefined) return parseTimeRange(DAY.test(text) ? `${text}..${text}` : `${text}..`, now)
  const since = parseTime(from, now)
  const until = DAY.test(to) ? iso(Date.parse(`${to}T24:00`)) : parseTime(to, now)
  if (more.length > 0 || (!since && !until) || (from && !since) || (to && !until)) return undefined
  return { ...(since && { since }), ...(until && { until }) }
}

export const DAY = /^\d{4}-\d\d-\d\d$/

const secondsOf = (text: string) =>
  [...text.matchAll(/([\d.]+)([smhdw])/g)].reduce((sum, [, number, unit]) => sum + Number(number) * (UNIT_SECONDS[unit ?? ''] ?? 0), 0)

function iso(milliseconds: number): string | undefined {
  const date = new Date(milliseconds)
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString()
}
