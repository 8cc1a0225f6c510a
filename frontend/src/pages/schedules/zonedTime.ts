import type { Schedule } from '../../api/client'

/** A time as the clock of a schedule shows it: that of its time zone, or the user's for intervals. */
export function zonedTime(instant: string, { cron, timezone }: Pick<Schedule, 'cron' | 'timezone'>): string {
  const options: Intl.DateTimeFormatOptions = { ...SHOWN, ...(cron === null && { second: '2-digit' }) }
  return formatter(options, cron === null ? undefined : timezone).format(new Date(instant))
}

const SHOWN: Intl.DateTimeFormatOptions = { weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' }

function formatter(options: Intl.DateTimeFormatOptions, timeZone: string | undefined): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat(undefined, { ...options, timeZone })
  } catch {
    return new Intl.DateTimeFormat(undefined, options) // a zone that this browser does not know
  }
}
