import type uPlot from 'uplot'

const DAY = 86_400
const TIME: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit' }

/** Labels of the time axis: times if the ticks are close together, otherwise days. */
export function axisLabels(_: uPlot, marks: number[], __: number, ___: number, between: number): string[] {
  return marks.map((seconds) => {
    const at = new Date(seconds * 1000)
    const midnight = at.getHours() === 0 && at.getMinutes() === 0 && at.getSeconds() === 0
    return between >= DAY || (midnight && between >= 3600) ? formatDay(at) : formatTime(at, between)
  })
}

/** The step that begins at `at`, as text. */
export function formatInterval(at: number, step: number): string {
  const from = new Date(at * 1000)
  return `${formatDay(from)} ${formatTime(from, step)} – ${formatTime(new Date((at + step) * 1000), step)}`
}

const formatDay = (at: Date) => at.toLocaleDateString(undefined, { day: 'numeric', month: 'short' })

const formatTime = (at: Date, step: number) =>
  at.toLocaleTimeString(undefined, { ...TIME, ...(step < 60 && { second: '2-digit' }) })
