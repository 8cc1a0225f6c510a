import { useEffect } from 'react'
import { useStatus } from '../api/queries'
import { short } from '../components/numbers'

/** The browser's tab: how many are dead, before where one is. */
export function useTitle(place: string): void {
  const dead = useStatus().data?.jobs.dead ?? 0
  useEffect(() => {
    document.title = `${dead > 0 ? `(${short(dead)} dead) ` : ''}${place ? `${place} · ` : ''}QueueCTL`
    const icon = document.querySelector<HTMLLinkElement>('link[rel=icon]')
    if (icon) icon.href = dead > 0 ? '/icon-failing.svg' : '/icon.svg'
  }, [dead, place])
}
