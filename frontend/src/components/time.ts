import { useSyncExternalStore } from 'react'

const STEPS: [string, number][] = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
]

/** How far `instant` is from `now` (milliseconds), as `5m ago`; what is to come is waited for, so as `in 1h 59m`. */
export function relative(instant: string, now: number): string {
  const seconds = Math.round((now - Date.parse(instant)) / 1000)
  const size = Math.abs(seconds)
  const [unit, length] = STEPS.find(([, step]) => size >= step) ?? ['s', 1]
  const text = `${Math.floor(size / length)}${unit}`
  if (size < 1) return 'now'
  return seconds < 0 ? `in ${duration(size)}` : `${text} ago`
}

/** A duration in seconds with two units at most, as `3.2ms`, `12.4s`, `4m 05s`, `2h 10m`, `3d 4h`. */
export function duration(seconds: number): string {
  if (seconds === 0) return '0s'
  if (seconds < 0.9995) return `${Number((seconds * 1000).toPrecision(seconds < 0.01 ? 2 : 3))}ms`
  if (seconds < 59.95) return `${seconds < 9.995 ? seconds.toFixed(2) : seconds.toFixed(1)}s`
  const whole = Math.round(seconds)
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${two(whole % 60)}s`
  if (whole < 86_400) return `${Math.floor(whole / 3600)}h ${two(Math.floor((whole % 3600) / 60))}m`
  return `${Math.floor(whole / 86_400)}d ${Math.floor((whole % 86_400) / 3600)}h`
}

const two = (number: number) => String(number).padStart(2, '0')

/** Seconds between two instants. */
export const between = (from: string, to: string) => (Date.parse(to) - Date.parse(from)) / 1000

const EXACT = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'long' })

/** An exact time for people, in their zone. */
export const exact = (instant: string) => EXACT.format(new Date(instant))

const TICK_MS = 1000
let now = Date.now()
let timer: ReturnType<typeof setInterval> | undefined
const watchers = new Set<() => void>()

/** One clock for all times on the page; it stands still while nobody looks. */
function tick(watcher: () => void): () => void {
  watchers.add(watcher)
  timer ??= setInterval(() => {
    if (document.hidden) return
    now = Date.now()
    for (const each of watchers) each()
  }, TICK_MS)
  return () => {
    watchers.delete(watcher)
    if (watchers.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

/** What `of` makes of the time now (milliseconds since the epoch), each second anew. */
export const useNow = <Shown>(of: (now: number) => Shown): Shown =>
  useSyncExternalStore(tick, () => of(timer ? now : (now = Date.now())))
