import { useEffect } from 'react'
import { useStatus } from '../api/queries'
import { compactNumber } from '../components/numbers'

/** The title of the browser tab: the number of dead jobs, then the page. */
export function useDocumentTitle(pageName: string): void {
  const dead = useStatus().data?.jobs.dead ?? 0
  useEffect(() => {
    document.title = `${dead > 0 ? `(${compactNumber(dead)} dead) ` : ''}${pageName ? `${pageName} · ` : ''}QueueCTL`
    const icon = document.querySelector<HTMLLinkElement>('link[rel=icon]')
    if (icon) icon.href = dead > 0 ? '/icon-failing.svg' : '/icon.svg'
  }, [dead, pageName])
}
