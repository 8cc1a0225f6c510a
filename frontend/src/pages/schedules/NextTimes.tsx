import type { Schedule } from '../../api/client'
import { LoadingOrError } from '../../components/Placeholders'
import { Time } from '../../components/Time'
import { secondsBetween } from '../../components/timeFormat'
import { intervalText } from './interval'
import { stateOf } from './scheduleState'
import { useNextTimes } from './useSchedules'
import { zonedTime } from './zonedTime'

const NONE = { active: 'It has none.', paused: 'None until it is resumed.', ended: 'It has ended.' }

/** The next times of a schedule, in its own time zone. */
export function NextTimes({ schedule }: { schedule: Schedule }) {
  const { data, error, refetch } = useNextTimes(schedule.name)
  return (
    <section aria-label="Next times" className="card p-4">
      <div className="flex items-baseline justify-between gap-4">
        <h2 className="font-semibold">Next times</h2>
        <p className="muted text-xs">{schedule.cron === null ? 'your time' : schedule.timezone}</p>
      </div>
      {!data ? (
        <LoadingOrError error={error} rows={3} onRetry={() => void refetch()} />
      ) : data.length === 0 ? (
        <p className="muted mt-2 text-sm">{NONE[stateOf(schedule)]}</p>
      ) : (
        <ol className="mt-3 space-y-1.5 text-sm">
          {data.map(({ scheduled_at, fires_at }) => (
            <li key={scheduled_at} className="flex items-baseline justify-between gap-4">
              <span className="whitespace-nowrap tabular-nums">
                {zonedTime(scheduled_at, schedule)}
                {fires_at !== scheduled_at && <span className="muted text-xs"> + {intervalText(Math.round(secondsBetween(scheduled_at, fires_at)))}</span>}
              </span>
              <span className="muted text-xs">
                <Time at={fires_at} />
              </span>
            </li>
          ))}
        </ol>
      )}
    </section>
  )
}
