import { lazy, Suspense, useEffect, useRef, useState, type ReactNode } from 'react'
import { Link, useLocation } from 'wouter'
import { useConnection, useLive } from '../api/live'
import { useStatus } from '../api/queries'
import { Button, buttonLook } from '../components/Button'
import { short } from '../components/numbers'
import { useMay } from '../session/session'
import { Connection, Stale } from './Connection'
import { useKeys } from './keyboard'
import { Me } from './Me'
import { OpenToAll } from './OpenToAll'
import { placeOf, PLACES, type Place } from './places'
import { setTheme, useTheme, type Theme } from './theme'
import { useTitle } from './useTitle'

const Help = lazy(() => import('./Help'))
const Palette = lazy(() => import('./Palette'))

const MAC = navigator.userAgent.includes('Mac')
const NEXT_THEME: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' }

/** A dialog that is open. A new one has another number: the event that the last one was closed may come after it. */
interface Open {
  dialog: 'help' | 'palette'
  number: number
}

/** What surrounds each page: where one can go, whether it is live, and the keys that work everywhere. */
export function Shell({ children }: { children: ReactNode }) {
  useLive()
  const { state, trueAt } = useConnection()
  const old = state !== 'live' && trueAt !== undefined
  const [path, go] = useLocation()
  const [open, setOpen] = useState<Open>()
  const show = (dialog: Open['dialog']) => setOpen((now) => ({ dialog, number: (now?.number ?? 0) + 1 }))
  const may = useMay()
  const places = PLACES.filter(({ needs }) => may(needs))
  const here = placeOf(path)
  useTitle(here?.name ?? '')
  useKeys({
    '$mod+k': () => show('palette'),
    '?': () => show('help'),
    'Shift+?': () => show('help'),
    '/': () => {
      const search = document.querySelector<HTMLInputElement>('input[data-search]')
      if (search) search.focus()
      else go('/jobs?search')
    },
    ...Object.fromEntries(places.map((place) => [`g ${place.letter}`, () => go(place.path)])),
  })
  const close = () => setOpen((now) => (now === open ? undefined : now))
  return (
    <>
      <OpenToAll />
    <div className="mx-auto min-h-screen max-w-[100rem] px-4 pb-16 sm:px-6 3xl:max-w-[140rem]">
      <a href="#main" className="sr-only focus:not-sr-only">
        To the content
      </a>
      <header className="flex flex-wrap items-center gap-x-4 gap-y-2 py-3">
        <Link href="/" className="flex items-center gap-2.5 text-lg font-semibold tracking-tight">
          <img src="/icon.svg" alt="" className="size-7" />
          <span className="max-sm:sr-only">QueueCTL</span>
        </Link>
        <Navigation places={places} here={here?.path ?? '/'} />
        <div className="ml-auto flex items-center gap-2 max-lg:order-2">
          <Connection />
          <Button kind="quiet" title="Go to, or do, anything" onClick={() => show('palette')} className="max-sm:hidden">
            {MAC ? '⌘K' : 'Ctrl K'}
          </Button>
          <Button kind="quiet" aria-label="Keys" title="?" onClick={() => show('help')} className="max-sm:hidden">
            ?
          </Button>
          <ThemeButton />
          {may('operator') && (
            <Link href="/enqueue" className={buttonLook({ kind: 'primary', size: 'normal' })}>
              Enqueue
            </Link>
          )}
          <Me />
        </div>
      </header>
      <main id="main" tabIndex={-1} data-connection={state} className={old ? 'opacity-60' : ''}>
        <Stale />
        {children}
      </main>
      <Suspense>
        {open?.dialog === 'help' && <Help key={open.number} close={close} />}
        {open?.dialog === 'palette' && <Palette key={open.number} close={close} help={() => show('help')} />}
      </Suspense>
    </div>
    </>
  )
}

function Navigation({ places, here }: { places: Place[]; here: string }) {
  const dead = useStatus().data?.jobs.dead ?? 0
  const bar = useRef<HTMLElement>(null)
  // Where not all fit, the one that is looked at is in view.
  useEffect(() => {
    const place = bar.current?.querySelector<HTMLElement>('[aria-current]')
    if (bar.current && place) bar.current.scrollLeft = place.offsetLeft - (bar.current.clientWidth - place.offsetWidth) / 2
  }, [here, dead, places.length])
  return (
    <nav
      ref={bar}
      aria-label="Pages"
      className="relative order-3 -mx-1 flex w-full gap-1 overflow-x-auto p-1 lg:order-none lg:w-auto"
    >
      {places.filter(({ path }) => path !== '/enqueue').map(({ name, path, letter }) => (
        <Link
          key={path}
          href={path}
          title={`g ${letter}`}
          aria-current={here === path ? 'page' : undefined}
          className="muted flex items-center gap-1.5 rounded-md px-2.5 py-1.5 text-sm font-medium whitespace-nowrap hover:bg-stone-200/60 aria-[current=page]:bg-stone-200 aria-[current=page]:text-stone-900 dark:hover:bg-stone-800 dark:aria-[current=page]:bg-stone-800 dark:aria-[current=page]:text-stone-100"
        >
          {name}
          {path === '/dlq' && dead > 0 && (
            <span className="rounded-full bg-red-700 px-1.5 text-xs text-white tabular-nums">{short(dead)}</span>
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
      kind="quiet"
      aria-label={`Theme: ${theme}; change it to ${NEXT_THEME[theme]}`}
      title={`Theme: ${theme}`}
      onClick={() => setTheme(NEXT_THEME[theme])}
    >
      {shown}
    </Button>
  )
}
