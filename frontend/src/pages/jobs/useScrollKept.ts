import { useEffect, useLayoutEffect } from 'react'

interface Kept {
  scrolled?: number
}

/** Who comes back to the list by a step back is where they were; every other page begins at its top. */
export function useScrollKept(): void {
  useLayoutEffect(() => {
    const { scrolled = 0 } = (history.state ?? {}) as Kept
    if (scrolled > 0) window.scrollTo(0, scrolled)
    return () => window.scrollTo(0, 0)
  }, [])
  useEffect(() => {
    // Whatever leads away begins with a click or a key.
    const keep = () => {
      const kept = (history.state ?? {}) as Kept
      if (window.scrollY !== (kept.scrolled ?? 0)) history.replaceState({ ...kept, scrolled: window.scrollY }, '')
    }
    document.addEventListener('click', keep, true)
    document.addEventListener('keydown', keep, true)
    return () => {
      document.removeEventListener('click', keep, true)
      document.removeEventListener('keydown', keep, true)
    }
  }, [])
}
