import { between, duration, exact, relative, useNow } from './time'

/** A time as people say it; the exact one shows on hover. */
export function Time({ at }: { at: string }) {
  const text = useNow((now) => relative(at, now))
  return (
    <time dateTime={at} title={exact(at)} className="whitespace-nowrap tabular-nums">
      {text}
    </time>
  )
}

/** How long something has been going on. */
export function Elapsed({ since }: { since: string }) {
  const text = useNow((now) => duration(Math.max(0, Math.floor(between(since, new Date(now).toISOString())))))
  return (
    <time dateTime={since} title={`since ${exact(since)}`} className="whitespace-nowrap tabular-nums">
      {text}
    </time>
  )
}
