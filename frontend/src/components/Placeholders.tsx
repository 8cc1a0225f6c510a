import type { ReactNode } from 'react'
import { Button } from './Button'

/** A skeleton in grey bars, so that the layout does not jump when the content arrives. */
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

/** Shown instead of an empty list: why it is empty, and what to do. */
export function EmptyState({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="px-4 py-14 text-center">
      <p className="font-medium">{title}</p>
      {children && <div className="muted mt-1 space-y-3 text-sm">{children}</div>}
    </div>
  )
}

/** Shown instead of content that could not be fetched. */
export function ErrorState({ error, onRetry }: { error: Error; onRetry: () => void }) {
  return (
    <div role="alert" className="flex flex-col items-center gap-3 px-4 py-14 text-sm">
      <p>{error.message}</p>
      <Button onClick={onRetry}>Try again</Button>
    </div>
  )
}

/** Shown until content has been fetched, or if fetching failed. */
export function LoadingOrError({ error, onRetry, rows = 6 }: { error: Error | null; onRetry: () => void; rows?: number }) {
  return error ? <ErrorState error={error} onRetry={onRetry} /> : <Loading rows={rows} />
}

/** A command to type in a terminal. */
export function CommandLine({ children }: { children: string }) {
  return (
    <code className="inline-block rounded-md bg-stone-100 px-3 py-1.5 font-mono text-sm text-stone-900 dark:bg-stone-800 dark:text-stone-100">
      {children}
    </code>
  )
}
