import { useEffect, useLayoutEffect } from 'react'

interface HistoryState {
  scrolled?: number
}

/** Restores the scroll position when the user navigates back; other pages start at the top. */
export function useScrollRestoration(): void {
  useLayoutEffect(() => {
    const { scrolled = 0 } = (history.state ?? {}) as HistoryState
    if (scrolled > 0) window.scrollTo(0, scrolled)
    return () => window.scrollTo(0, 0)
  }, [])
  useEffect(() => {
    // Every navigation begins with a click or a key press.
    const save = () => {
      const state = (history.state ?? {}) as HistoryState
      if (window.scrollY !== (state.scrolled ?? 0)) history.replaceState({ ...state, scrolled: window.scrollY }, '')
    }
    document.addEventListener('click', save, true)
    document.addEventListener('keydown', save, true)
    return () => {
      document.removeEventListener('click', save, true)
      document.removeEventListener('keydown', save, true)
    }
  }, [])
}
