import type { UseInfiniteQueryResult } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { Loading, LoadingOrError } from './Placeholders'

interface Props {
  of: Pick<UseInfiniteQueryResult, 'error' | 'fetchNextPage' | 'hasNextPage' | 'isFetchNextPageError'>
  /** The number of items that are loaded. */
  loaded: number
}

/** The end of a list in pages: loads the next page when it is scrolled into view; empty after the last one. */
export function NextPage({ of: { error, fetchNextPage, hasNextPage, isFetchNextPageError }, loaded }: Props) {
  if (!hasNextPage) return null
  if (isFetchNextPageError) return <LoadingOrError error={error} onRetry={() => void fetchNextPage()} />
  return <LoadMore key={loaded} onVisible={() => void fetchNextPage()} />
}

/** Loads the next page when it is scrolled into view. */
function LoadMore({ onVisible }: { onVisible: () => void }) {
  const end = useRef<HTMLDivElement>(null)
  const latest = useRef(onVisible)
  useEffect(() => {
    latest.current = onVisible
  })
  useEffect(() => {
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && latest.current(), { rootMargin: '600px' })
    if (end.current) observer.observe(end.current)
    return () => observer.disconnect()
  }, [])
  return (
    <div ref={end}>
      <Loading rows={3} />
    </div>
  )
}
