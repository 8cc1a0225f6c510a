import { useConnection, type ConnectionState } from '../api/liveUpdates'
import { Elapsed } from '../components/Time'

const LOOKS: Record<ConnectionState, [string, string]> = {
  connecting: ['bg-stone-400', 'Connecting…'],
  live: ['bg-emerald-500', 'Live'],
  reconnecting: ['bg-amber-500 animate-pulse', 'Reconnecting…'],
  paused: ['bg-stone-400', 'Paused'],
}

/** The state of the connection. */
export function ConnectionStatus() {
  const { state } = useConnection()
  const [dot, text] = LOOKS[state]
  return (
    <p role="status" className="muted flex items-center gap-2 text-sm whitespace-nowrap">
      <span className={`size-2 rounded-full ${dot}`} />
      {text}
    </p>
  )
}

/** Shows how old the data is while the connection is lost. */
export function StaleBanner() {
  const { state, lastSyncedAt } = useConnection()
  if (state !== 'reconnecting') return null
  return (
    <p
      role="alert"
      className="mb-4 rounded-lg bg-amber-100 px-4 py-2 text-sm text-amber-950 dark:bg-amber-950 dark:text-amber-100"
    >
      {lastSyncedAt === undefined ? (
        'The API cannot be reached.'
      ) : (
        <>
          Connection lost. The data is <Elapsed since={new Date(lastSyncedAt).toISOString()} /> old.
        </>
      )}{' '}
      Retrying…
    </p>
  )
}
