import { useEffect, useRef } from 'react'
import { Loading } from './Placeholders'

/** Loads the next page when it is scrolled into view. */
export function LoadMore({ onVisible }: { onVisible: () => void }) {
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
