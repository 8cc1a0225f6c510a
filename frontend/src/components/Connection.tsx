import type { ConnectionState } from '../api/live'

const SHOWN: Record<ConnectionState, [string, string]> = {
  connecting: ['bg-stone-400', 'Connecting…'],
  live: ['bg-emerald-500', 'Live'],
  reconnecting: ['bg-amber-500 animate-pulse', 'Reconnecting… what you see may be old'],
}

/** Whether what is shown is what is. */
export function Connection({ state }: { state: ConnectionState }) {
  const [dot, text] = SHOWN[state]
  return (
    <p role="status" className="flex items-center gap-2 text-sm text-stone-600 dark:text-stone-400">
      <span className={`size-2 rounded-full ${dot}`} />
      {text}
    </p>
  )
}
