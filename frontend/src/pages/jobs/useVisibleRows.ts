import { useEffect, useLayoutEffect, useRef, useState, type RefObject } from 'react'
import type { Row } from './rows'

/**
 * The visible rows of a list. All rows have the same height, so this is a division, however long the list is. Rows
 * added or removed above the view do not move it.
 */
export function useVisibleRows(body: RefObject<HTMLElement | null>, rows: readonly Row[], height: number) {
  const [view, setView] = useState({ first: 0, last: 30 })
  const rendered = useRef({ rows, first: 0 })

  useLayoutEffect(() => {
    const { rows: old, first } = rendered.current
    rendered.current.rows = rows
    if (old !== rows && first > 0) window.scrollBy(0, height * rowsMoved(old, rows, first))
  }, [rows, height])

  useEffect(() => {
    const measure = () => {
      const above = -(body.current?.getBoundingClientRect().top ?? 0)
      const first = Math.max(0, Math.floor(above / height))
      const last = Math.max(first, Math.ceil((above + window.innerHeight) / height))
      rendered.current.first = first
      setView((now) => (now.first === first && now.last === last ? now : { first, last }))
    }
    measure()
    const resizeObserver = new ResizeObserver(measure)
    resizeObserver.observe(document.body)
    window.addEventListener('scroll', measure, { passive: true })
    window.addEventListener('resize', measure)
    return () => {
      resizeObserver.disconnect()
      window.removeEventListener('scroll', measure)
      window.removeEventListener('resize', measure)
    }
  }, [body, height])
  return view
}

/** By how many rows the visible rows have moved, which begin at `first`. */
function rowsMoved(old: readonly Row[], rows: readonly Row[], first: number): number {
  for (const [index, { job }] of old.slice(first, first + 30).entries()) {
    const before = first + index
    if (rows[before]?.job.id === job.id) return 0
    const now = rows.findIndex((row) => row.job.id === job.id)
    if (now >= 0) return now - before
  }
  return 0
}
