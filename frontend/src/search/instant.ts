const SECONDS: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 }

/** A time someone typed, as the API wants it: a duration back from `now` (`2h`, `1h30m`, `3d`), a date or a date and
 *  time in the zone of whoever types, or RFC 3339. Undefined where it is none of these. */
export function instant(text: string, now: number): string | undefined {
  if (/^(\d+(\.\d+)?[smhdw])+$/.test(text)) return iso(now - 1000 * secondsOf(text))
  if (/^\d{4}-\d\d-\d\d$/.test(text)) return iso(Date.parse(`${text}T00:00`))
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?$/i.test(text)) return iso(Date.parse(text))
  return undefined
}

const secondsOf = (text: string) =>
  [...text.matchAll(/([\d.]+)([smhdw])/g)].reduce((sum, [, number, unit]) => sum + Number(number) * (SECONDS[unit ?? ''] ?? 0), 0)

function iso(milliseconds: number): string | undefined {
  const date = new Date(milliseconds)
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString()
}
