import { useEffect, useLayoutEffect, useRef, useState, type RefObject } from 'react'
import type { Row } from './rows'

/** Which rows of a list are in view in the window. All rows have one height, so this is a division, however long the
 *  list is. Rows that come or go above the view do not move what is in it. */
export function useView(body: RefObject<HTMLElement | null>, rows: readonly Row[], height: number) {
  const [view, setView] = useState({ first: 0, last: 30 })
  const drawn = useRef({ rows, first: 0 })

  useLayoutEffect(() => {
    const { rows: old, first } = drawn.current
    drawn.current.rows = rows
    if (old !== rows && first > 0) window.scrollBy(0, height * moved(old, rows, first))
  }, [rows, height])

  useEffect(() => {
    const look = () => {
      const above = -(body.current?.getBoundingClientRect().top ?? 0)
      const first = Math.max(0, Math.floor(above / height))
      const last = Math.max(first, Math.ceil((above + window.innerHeight) / height))
      drawn.current.first = first
      setView((now) => (now.first === first && now.last === last ? now : { first, last }))
    }
    look()
    const resized = new ResizeObserver(look)
    resized.observe(document.body)
    window.addEventListener('scroll', look, { passive: true })
    window.addEventListener('resize', look)
    return () => {
      resized.disconnect()
      window.removeEventListener('scroll', look)
      window.removeEventListener('resize', look)
    }
  }, [body, height])
  return view
}

/** By how many rows what was in view from `first` on has moved. */
function moved(old: readonly Row[], rows: readonly Row[], first: number): number {
  for (const [index, { job }] of old.slice(first, first + 30).entries()) {
    const before = first + index
    if (rows[before]?.job.id === job.id) return 0
    const now = rows.findIndex((row) => row.job.id === job.id)
    if (now >= 0) return now - before
  }
  return 0
}
