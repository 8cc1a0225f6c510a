import type uPlot from 'uplot'

const DAY = 86_400
const TIME: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit' }

/** What stands on the time axis: times where its marks are close together, else days. */
export function clock(_: uPlot, marks: number[], __: number, ___: number, between: number): string[] {
  return marks.map((seconds) => {
    const at = new Date(seconds * 1000)
    const midnight = at.getHours() === 0 && at.getMinutes() === 0 && at.getSeconds() === 0
    return between >= DAY || (midnight && between >= 3600) ? day(at) : time(at, between)
  })
}

/** The step of a chart that begins at `at`, in words. */
export function when(at: number, step: number): string {
  const from = new Date(at * 1000)
  return `${day(from)} ${time(from, step)} – ${time(new Date((at + step) * 1000), step)}`
}

const day = (at: Date) => at.toLocaleDateString(undefined, { day: 'numeric', month: 'short' })

const time = (at: Date, step: number) =>
  at.toLocaleTimeString(undefined, { ...TIME, ...(step < 60 && { second: '2-digit' }) })
