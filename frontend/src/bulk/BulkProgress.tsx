import { Button } from '../components/Button'
import { plural, formatNumber } from '../components/numbers'
import { stopBulk, useBulkProgress } from './useBulkProgress'

const LABELS = { retry: 'Retrying', cancel: 'Cancelling', delete: 'Deleting' }

/** The progress of the running bulk action; nothing if there is none. */
export function BulkProgress() {
  const running = useBulkProgress()
  if (!running) return null
  const { action, total, changed, skipped, stopping } = running
  const processed = changed + skipped
  return (
    <div role="group" aria-label={`${LABELS[action]} jobs`} className="card mb-3 flex flex-wrap items-center gap-3 px-4 py-2 text-sm">
      <span className="tabular-nums">
        {LABELS[action]} {total === undefined ? plural(processed, 'job') : `${formatNumber(processed)} of ${plural(total, 'job')}`}…
      </span>
      <progress
        aria-label={`${LABELS[action]} jobs`}
        className="h-2 min-w-24 flex-1 accent-indigo-600"
        {...(total === undefined ? {} : { max: total, value: Math.min(processed, total) })}
      />
      <Button disabled={stopping} onClick={stopBulk}>
        {stopping ? 'Stopping…' : 'Stop'}
      </Button>
    </div>
  )
}
