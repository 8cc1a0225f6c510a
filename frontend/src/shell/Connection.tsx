import { useConnection, type ConnectionState } from '../api/live'
import { Elapsed } from '../components/Time'

const SHOWN: Record<ConnectionState, [string, string]> = {
  connecting: ['bg-stone-400', 'Connecting…'],
  live: ['bg-emerald-500', 'Live'],
  reconnecting: ['bg-amber-500 animate-pulse', 'Reconnecting…'],
  resting: ['bg-stone-400', 'Resting'],
}

/** Whether what is shown is what is. */
export function Connection() {
  const { state } = useConnection()
  const [dot, text] = SHOWN[state]
  return (
    <p role="status" className="muted flex items-center gap-2 text-sm whitespace-nowrap">
      <span className={`size-2 rounded-full ${dot}`} />
      {text}
    </p>
  )
}

/** Says, above all that is shown, how old it is. */
export function Stale() {
  const { state, trueAt } = useConnection()
  if (state !== 'reconnecting') return null
  return (
    <p
      role="alert"
      className="mb-4 rounded-lg bg-amber-100 px-4 py-2 text-sm text-amber-950 dark:bg-amber-950 dark:text-amber-100"
    >
      {trueAt === undefined ? (
        'The API cannot be reached.'
      ) : (
        <>
          The connection is lost: what you see is <Elapsed since={new Date(trueAt).toISOString()} /> old.
        </>
      )}{' '}
      Trying again…
    </p>
  )
}
