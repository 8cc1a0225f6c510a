import type { Schedule } from '../../api/client'
import { intervalText } from './interval'

/** When a schedule fires: its cron expression and time zone, or its interval. */
export function ScheduleRule({ schedule: { cron, every, timezone } }: { schedule: Schedule }) {
  if (cron === null) return <span className="whitespace-nowrap">every {intervalText(every ?? 0)}</span>
  return (
    <>
      <code className="font-mono text-[13px]">{cron}</code> <span className="muted">{timezone}</span>
    </>
  )
}
