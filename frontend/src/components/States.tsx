import type { ReactNode } from 'react'
import { Button } from './Button'

/** In the place of something that is not there yet: grey bars, so that nothing jumps when it comes. */
export function Loading({ rows = 6 }: { rows?: number }) {
  return (
    <div aria-label="Loading" role="status" className="divide-y divide-stone-100 dark:divide-stone-800">
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className="flex animate-pulse gap-6 px-4 py-4">
          <div className="h-4 w-40 rounded bg-stone-200 dark:bg-stone-800" />
          <div className="h-4 flex-1 rounded bg-stone-100 dark:bg-stone-800/60" />
        </div>
      ))}
    </div>
  )
}

/** In the place of a list that is empty: why, and what one can do. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="px-4 py-14 text-center">
      <p className="font-medium">{title}</p>
      {children && <div className="muted mt-1 space-y-3 text-sm">{children}</div>}
    </div>
  )
}

/** In the place of what could not be fetched. */
export function Failed({ error, again }: { error: Error; again: () => void }) {
  return (
    <div role="alert" className="flex flex-col items-center gap-3 px-4 py-14 text-sm">
      <p>{error.message}</p>
      <Button onClick={again}>Try again</Button>
    </div>
  )
}

/** In the place of what has not come yet, or could not be fetched. */
export function Awaited({ error, again, rows = 6 }: { error: Error | null; again: () => void; rows?: number }) {
  return error ? <Failed error={error} again={again} /> : <Loading rows={rows} />
}

/** A command line to type, shown where it helps. */
export function Typed({ children }: { children: string }) {
  return (
    <code className="inline-block rounded-md bg-stone-100 px-3 py-1.5 font-mono text-sm text-stone-900 dark:bg-stone-800 dark:text-stone-100">
      {children}
    </code>
  )
}
