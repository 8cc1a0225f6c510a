import { useCallback, useEffect } from 'react'
import { useLocation, useSearch } from 'wouter'
import { SORTS, type Sort } from './listing'

const USUAL: Sort = '-created_at'

export function addressOf(text: string, sort: Sort = USUAL): string {
  const query = new URLSearchParams({ ...(text ? { q: text } : {}), ...(sort === USUAL ? {} : { sort }) })
  return query.size > 0 ? `/jobs?${query.toString()}` : '/jobs'
}

/** What the address says to show; it alone says so. `/jobs?search`: somebody wants to search. */
export function useAddress() {
  const query = new URLSearchParams(useSearch())
  const [, go] = useLocation()
  const text = query.get('q') ?? ''
  const sort = SORTS.find((each) => each === query.get('sort')) ?? USUAL
  const focus = query.has('search')
  useEffect(() => {
    if (focus) go(addressOf(text, sort), { replace: true })
  })
  return {
    text,
    sort,
    focus,
    /** `replace`: the step back leads to before this one too. */
    show: useCallback(
      (next: { text?: string; sort?: Sort; replace?: boolean }) =>
        go(addressOf(next.text ?? text, next.sort ?? sort), { replace: next.replace ?? false }),
      [go, text, sort],
    ),
  }
}
