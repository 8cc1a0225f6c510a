import { Button } from '../components/Button'
import { many, whole } from '../components/numbers'
import { stop, useRunning } from './running'

const DOING = { retry: 'Retrying', cancel: 'Cancelling', delete: 'Deleting' }

/** How far it is with what is being done with many jobs; nothing where nothing is. */
export function Bulk() {
  const running = useRunning()
  if (!running) return null
  const { action, total, changed, skipped, stopping } = running
  const met = changed + skipped
  return (
    <div role="group" aria-label={`${DOING[action]} jobs`} className="card mb-3 flex flex-wrap items-center gap-3 px-4 py-2 text-sm">
      <span className="tabular-nums">
        {DOING[action]} {total === undefined ? many(met, 'job') : `${whole(met)} of ${many(total, 'job')}`}…
      </span>
      <progress
        aria-label={`${DOING[action]} jobs`}
        className="h-2 min-w-24 flex-1 accent-indigo-600"
        {...(total === undefined ? {} : { max: total, value: Math.min(met, total) })}
      />
      <Button disabled={stopping} onClick={stop}>
        {stopping ? 'Stopping…' : 'Stop'}
      </Button>
    </div>
  )
}
