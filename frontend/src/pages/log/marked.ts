import { useEffect, useState } from 'react'

/** Lines that an address points to, counted from 1. */
export interface Marked {
  from: number
  to: number
}

/** `#L120` or `#L120-L130`. */
export function markedBy(hash: string): Marked | undefined {
  const found = /^#L(\d+)(?:-L?(\d+))?$/.exec(hash)
  if (!found) return undefined
  const [from, to] = [Number(found[1]), Number(found[2] ?? found[1])]
  return { from: Math.min(from, to), to: Math.max(from, to) }
}

export const hashOf = ({ from, to }: Marked) => (from === to ? `#L${from}` : `#L${from}-L${to}`)

/** What the address points to, and a way to have it point to something else. */
export function useMarked(): [Marked | undefined, (marked: Marked) => void] {
  const [marked, setMarked] = useState(() => markedBy(location.hash))
  useEffect(() => {
    const changed = () => setMarked(markedBy(location.hash))
    window.addEventListener('hashchange', changed)
    return () => window.removeEventListener('hashchange', changed)
  }, [])
  const mark = (next: Marked) => {
    history.replaceState(history.state, '', hashOf(next))
    setMarked(next)
  }
  return [marked, mark]
}
