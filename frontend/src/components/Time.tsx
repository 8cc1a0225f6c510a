import { useSyncExternalStore } from 'react'
import { relative } from './time'

const TICK_MS = 1000
let now = Date.now()

/** One clock for all times on the page. */
function tick(changed: () => void): () => void {
  const timer = setInterval(() => {
    now = Date.now()
    changed()
  }, TICK_MS)
  return () => clearInterval(timer)
}

/** A time as people say it; the exact one shows on hover. */
export function Time({ at }: { at: string }) {
  const text = useSyncExternalStore(tick, () => relative(at, now))
  return (
    <time dateTime={at} title={new Date(at).toLocaleString()} className="whitespace-nowrap tabular-nums">
      {text}
    </time>
  )
}
