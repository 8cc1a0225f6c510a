import { Link } from 'wouter'
import { useStatus } from '../api/queries'
import { plural } from '../components/numbers'
import { escapeHidden } from '../components/escapeHidden'

/** A warning on every page that workers do not start jobs at the moment. */
export function UnavailableWorkers() {
  const { data } = useStatus()
  if (!data?.holding_still) return null
  const { workers, reason } = data.holding_still
  return (
    <p role="alert" className="mb-4 rounded-lg bg-amber-100 px-4 py-2 text-sm text-amber-950 dark:bg-amber-950 dark:text-amber-100">
      <Link href="/workers" className="font-medium underline">
        {workers} of {plural(data.workers, 'worker')}
      </Link>{' '}
      {workers === 1 ? 'is unavailable and starts' : 'are unavailable and start'} no jobs: {escapeHidden(reason)}
    </p>
  )
}
