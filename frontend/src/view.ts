import { useCallback, useSyncExternalStore } from 'react'

/** What the page shows, as it stands in the URL, so that every view can be shared. */
export interface View {
  tab: 'all' | 'dead'
  state: string
  q: string
  /** The id of the job whose log is open; empty: none. */
  log: string
}

const EMPTY: View = { tab: 'all', state: '', q: '', log: '' }
const CHANGED = 'viewchanged'

export function parseView(search: string): View {
  const given = new URLSearchParams(search)
  return {
    tab: given.get('tab') === 'dead' ? 'dead' : 'all',
    state: given.get('state') ?? '',
    q: given.get('q') ?? '',
    log: given.get('log') ?? '',
  }
}

export function formatView(view: View): string {
  const given = Object.entries(view).filter(([key, value]) => value !== EMPTY[key as keyof View])
  const query = new URLSearchParams(given as [string, string][]).toString()
  return query ? `?${query}` : ''
}

export type SetView = (change: Partial<View>) => void

export function useView(): [View, SetView] {
  const search = useSyncExternalStore(subscribe, () => window.location.search)
  const set = useCallback((change: Partial<View>) => {
    const now = parseView(window.location.search)
    const url = window.location.pathname + formatView({ ...now, ...change })
    // Typing in the search box makes one entry in the history, not one a letter.
    const typing = Object.keys(change).join() === 'q' && now.q !== ''
    window.history[typing ? 'replaceState' : 'pushState'](null, '', url)
    window.dispatchEvent(new Event(CHANGED))
  }, [])
  return [parseView(search), set]
}

function subscribe(changed: () => void): () => void {
  window.addEventListener('popstate', changed)
  window.addEventListener(CHANGED, changed)
  return () => {
    window.removeEventListener('popstate', changed)
    window.removeEventListener(CHANGED, changed)
  }
}
