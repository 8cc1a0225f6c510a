import { useEffect, useState } from 'react'

/** Selected lines, counted from 1. */
export interface LineRange {
  from: number
  to: number
}

/** `#L120` or `#L120-L130`. */
export function parseLineHash(hash: string): LineRange | undefined {
  const found = /^#L(\d+)(?:-L?(\d+))?$/.exec(hash)
  if (!found) return undefined
  const [from, to] = [Number(found[1]), Number(found[2] ?? found[1])]
  return { from: Math.min(from, to), to: Math.max(from, to) }
}

export const lineHash = ({ from, to }: LineRange) => (from === to ? `#L${from}` : `#L${from}-L${to}`)

/** The line range in the URL hash, and a function that changes it. */
export function useLineRange(): [LineRange | undefined, (range: LineRange) => void] {
  const [range, setRange] = useState(() => parseLineHash(location.hash))
  useEffect(() => {
    const changed = () => setRange(parseLineHash(location.hash))
    window.addEventListener('hashchange', changed)
    return () => window.removeEventListener('hashchange', changed)
  }, [])
  const select = (next: LineRange) => {
    history.replaceState(history.state, '', lineHash(next))
    setRange(next)
  }
  return [range, select]
}
