import { lazy, Suspense, useEffect, useRef, useState, type ReactNode } from 'react'
import { Link, useLocation } from 'wouter'
import { useConnection, useLiveUpdates } from '../api/liveUpdates'
import { useStatus } from '../api/queries'
import { Button, buttonClass } from '../components/Button'
import { compactNumber } from '../components/numbers'
import { DialogFallback } from '../components/DialogFallback'
import { useHasRole } from '../session/session'
import { ConnectionStatus, StaleBanner } from './ConnectionStatus'
import { importWithRetry } from '../components/importWithRetry'
import { useShortcuts } from './shortcuts'
import { AccountMenu } from './AccountMenu'
import { SpaceBlocker } from './SpaceBlocker'
import { UnavailableWorkers } from './UnavailableWorkers'
import { AuthOffBanner } from './AuthOffBanner'
import { pageAt, PAGES, type PageInfo } from './pages'
import { setTheme, useTheme, type Theme } from './theme'
import { useDocumentTitle } from './useDocumentTitle'

const Help = lazy(() => importWithRetry(() => import('./KeyboardHelp')))
const Palette = lazy(() => importWithRetry(() => import('./CommandPalette')))

const MAC = navigator.userAgent.includes('Mac')
const NEXT_THEME: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' }

/** The open dialog. Each one gets a new number, because the close event of the previous one may arrive later. */
interface Open {
  dialog: 'help' | 'palette'
  number: number
}

/** The frame around every page: navigation, connection status, and global shortcuts. */
export function Shell({ children }: { children: ReactNode }) {
  useLiveUpdates()
  const { state, lastSyncedAt } = useConnection()
  const stale = state !== 'live' && lastSyncedAt !== undefined
  const [path, go] = useLocation()
  const [open, setOpen] = useState<Open>()
  const show = (dialog: Open['dialog']) => setOpen((now) => ({ dialog, number: (now?.number ?? 0) + 1 }))
  const hasRole = useHasRole()
  const pages = PAGES.filter(({ role }) => hasRole(role))
  const current = pageAt(path)
  useDocumentTitle(current?.name ?? '')
  useShortcuts({
    '$mod+k': () => show('palette'),
    '?': () => show('help'),
    'Shift+?': () => show('help'),
    '/': () => {
      const search = document.querySelector<HTMLInputElement>('input[data-search]')
      if (search) search.focus()
      else go('/jobs?search')
    },
    ...Object.fromEntries(pages.map((link) => [`g ${link.shortcut}`, () => go(link.path)])),
  })
  const close = () => setOpen((now) => (now === open ? undefined : now))
  return (
    <>
      <AuthOffBanner />
    <div className="mx-auto min-h-screen max-w-[100rem] px-4 pb-16 sm:px-6 3xl:max-w-[140rem]">
      <a href="#main" className="sr-only focus:not-sr-only">
        Skip to content
      </a>
      <header className="flex flex-wrap items-center gap-x-4 gap-y-2 py-3">
        <Link href="/" className="flex items-center gap-2.5 text-lg font-semibold tracking-tight">
          <img src="/icon.svg" alt="" className="size-7" />
          <span className="max-sm:sr-only">QueueCTL</span>
        </Link>
        <Navigation pages={pages} current={current?.path ?? '/'} />
        <div className="ml-auto flex items-center gap-2 max-xl:order-2">
          <ConnectionStatus />
          <Button variant="ghost" title="Command palette" onClick={() => show('palette')} className="max-sm:hidden">
            {MAC ? '⌘K' : 'Ctrl K'}
          </Button>
          <Button variant="ghost" aria-label="Keyboard shortcuts" title="?" onClick={() => show('help')} className="max-sm:hidden">
            ?
          </Button>
          <ThemeButton />
          {hasRole('operator') && (
            <Link href="/enqueue" className={buttonClass({ variant: 'primary', size: 'normal' })}>
              Enqueue
            </Link>
          )}
          <AccountMenu />
        </div>
      </header>
      <main id="main" tabIndex={-1} data-connection={state} className={stale ? 'opacity-60' : ''}>
        <StaleBanner />
        <UnavailableWorkers />
        <SpaceBlocker />
        {children}
      </main>
      <Suspense fallback={<DialogFallback onClose={close} />}>
        {open?.dialog === 'help' && <Help key={open.number} close={close} />}
        {open?.dialog === 'palette' && <Palette key={open.number} close={close} help={() => show('help')} />}
      </Suspense>
    </div>
    </>
  )
}

function Navigation({ pages, current }: { pages: PageInfo[]; current: string }) {
  const dead = useStatus().data?.jobs.dead ?? 0
  const bar = useRef<HTMLElement>(null)
  // If the bar overflows, the current page is scrolled into view.
  useEffect(() => {
    const link = bar.current?.querySelector<HTMLElement>('[aria-current]')
    if (bar.current && link) bar.current.scrollLeft = link.offsetLeft - (bar.current.clientWidth - link.offsetWidth) / 2
  }, [current, dead, pages.length])
  return (
    <nav
      ref={bar}
      aria-label="Pages"
      className="relative order-3 -mx-1 flex w-full gap-1 overflow-x-auto p-1 xl:order-none xl:w-auto"
    >
      {pages.filter(({ path }) => path !== '/enqueue').map(({ name, path, shortcut }) => (
        <Link
          key={path}
          href={path}
          title={`g ${shortcut}`}
          aria-current={current === path ? 'page' : undefined}
          className="muted flex items-center gap-1.5 rounded-md px-2.5 py-1.5 text-sm font-medium whitespace-nowrap hover:bg-stone-200/60 aria-[current=page]:bg-stone-200 aria-[current=page]:text-stone-900 dark:hover:bg-stone-800 dark:aria-[current=page]:bg-stone-800 dark:aria-[current=page]:text-stone-100"
        >
          {name}
          {path === '/dlq' && dead > 0 && (
            <span className="rounded-full bg-red-700 px-1.5 text-xs text-white tabular-nums">{compactNumber(dead)}</span>
          )}
        </Link>
      ))}
    </nav>
  )
}

function ThemeButton() {
  const theme = useTheme()
  const shown = { system: '◐', light: '☀', dark: '☾' }[theme]
  return (
    <Button
      variant="ghost"
      aria-label={`Theme: ${theme}. Switch to ${NEXT_THEME[theme]}`}
      title={`Theme: ${theme}`}
      onClick={() => setTheme(NEXT_THEME[theme])}
    >
      {shown}
    </Button>
  )
}
