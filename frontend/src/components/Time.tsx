import { secondsBetween, formatDuration, formatExact, formatRelative } from './timeFormat'
import { useNow } from './useNow'

/** A relative time; the exact time shows on hover. */
export function Time({ at }: { at: string }) {
  const text = useNow((now) => formatRelative(at, now))
  return (
    <time dateTime={at} title={formatExact(at)} className="whitespace-nowrap tabular-nums">
      {text}
    </time>
  )
}

/** The time elapsed since an instant. */
export function Elapsed({ since }: { since: string }) {
  const text = useNow((now) => formatDuration(Math.max(0, Math.floor(secondsBetween(since, new Date(now).toISOString())))))
  return (
    <time dateTime={since} title={`since ${formatExact(since)}`} className="whitespace-nowrap tabular-nums">
      {text}
    </time>
  )
}
