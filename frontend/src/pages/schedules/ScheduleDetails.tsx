import type { ReactNode } from 'react'
import type { Schedule } from '../../api/client'
import { Time } from '../../components/Time'
import { plural } from '../../components/numbers'
import { CATCH_UP, OVERLAP } from './choices'
import { intervalText } from './interval'

/** The settings of a schedule. */
export function ScheduleDetails({ schedule }: { schedule: Schedule }) {
  const { overlap, catch_up, catch_up_window, jitter, from, until, pause_after, created_at, updated_at } = schedule
  const items: [label: string, content: ReactNode][] = [
    ['Overlap', OVERLAP[overlap]],
    ['Catch-up', CATCH_UP[catch_up]],
    ['Catch-up window', intervalText(catch_up_window)],
    ['Jitter', jitter > 0 && `up to ${intervalText(jitter)}`],
    ['From', from && <Time at={from} />],
    ['Until', until && <Time at={until} />],
    ['Pauses after', pause_after !== null && `${plural(pause_after, 'dead job')} in a row`],
    ['Created', <Time key="created" at={created_at} />],
    ['Updated', <Time key="updated" at={updated_at} />],
  ]
  return (
    <section aria-label="Details" className="card p-4">
      <h2 className="font-semibold">Details</h2>
      <dl className="mt-3 grid grid-cols-[auto_minmax(0,1fr)] gap-x-6 gap-y-2 text-sm">
        {items.map(
          ([label, content]) =>
            content && (
              <div key={label} className="contents">
                <dt className="muted">{label}</dt>
                <dd className="wrap-anywhere">{content}</dd>
              </div>
            ),
        )}
      </dl>
    </section>
  )
}
