import type { Schedule } from '../../api/client'

/** What a time does while an earlier job of the schedule has not ended. */
export const OVERLAP: Record<Schedule['overlap'], string> = {
  skip: 'skip the later one',
  queue: 'queue: run it afterwards',
  allow: 'allow both at once',
  replace: 'replace the earlier one',
}

/** Which times fire that came while nothing was running. */
export const CATCH_UP: Record<Schedule['catch_up'], string> = {
  latest: 'only the latest time',
  none: 'none',
  all: 'all times',
}
