import { useCallback, useEffect } from 'react'
import { useLocation, useSearch } from 'wouter'
import { filtersByEnd, parse } from '../../search/query'
import { SORTS, type Sort } from './listing'

/** The default order: by the time that the search is about. */
const defaultSort = (text: string): Sort => (filtersByEnd(parse(text)) ? '-finished_at' : '-created_at')

export function jobsUrl(text: string, sort?: Sort): string {
  const chosen = sort !== undefined && sort !== defaultSort(text)
  const query = new URLSearchParams({ ...(text ? { q: text } : {}), ...(chosen ? { sort } : {}) })
  return query.size > 0 ? `/jobs?${query.toString()}` : '/jobs'
}

/** The search and sort order in the URL, which is their only source. `/jobs?search` focuses the search box. */
export function useJobsUrl() {
  const query = new URLSearchParams(useSearch())
  const [, go] = useLocation()
  const text = query.get('q') ?? ''
  const chosen = SORTS.find((each) => each === query.get('sort'))
  const focus = query.has('search')
  useEffect(() => {
    if (focus) go(jobsUrl(text, chosen), { replace: true })
  })
  return {
    text,
    sort: chosen ?? defaultSort(text),
    focus,
    /** `replace`: does not add a history entry. */
    show: useCallback(
      (next: { text?: string; sort?: Sort; replace?: boolean }) =>
        go(jobsUrl(next.text ?? text, next.sort ?? chosen), { replace: next.replace ?? false }),
      [go, text, chosen],
    ),
  }
}
