import { useStatus } from '../api/queries'
import { escapeHidden } from '../components/escapeHidden'

/** A warning on every page that the database cannot reuse the space of deleted rows. */
export function SpaceBlocker() {
  const { data } = useStatus()
  if (!data?.space_blocker) return null
  return (
    <p role="alert" className="mb-4 rounded-lg bg-amber-100 px-4 py-2 text-sm text-amber-950 dark:bg-amber-950 dark:text-amber-100">
      The database cannot reuse space and becomes slower: {escapeHidden(data.space_blocker)}
    </p>
  )
}
