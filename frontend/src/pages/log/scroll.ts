/** Browsers draw nothing beyond some 17 million pixels: a longer output is scrolled through to scale. */
const TALLEST = 15_000_000

/** How an output lies in its window. All in pixels but `lines`. */
export interface Extent {
  lines: number
  /** Height of a line, on average. */
  unit: number
  window: number
}

/** Height of what is scrolled, as the browser sees it. */
export const height = ({ lines, unit, window }: Extent) => Math.max(window, Math.min(lines * unit, TALLEST))

/** The largest position: there the end of the output is at the bottom of the window. */
export const furthest = ({ lines, unit, window }: Extent) => Math.max(0, lines * unit - window)

/** Where the browser's scroll bar has to be for a position. */
export function barFor(position: number, extent: Extent): number {
  const whole = furthest(extent)
  return whole === 0 ? 0 : (position / whole) * (height(extent) - extent.window)
}

/** The position after the scroll bar has moved: near-by places line for line, far ones to scale. */
export function moved(position: number, from: number, to: number, extent: Extent): number {
  const bar = height(extent) - extent.window
  const whole = furthest(extent)
  if (to <= 0.5 || bar <= 0) return 0
  if (to >= bar - 1) return whole
  if (Math.abs(to - from) > extent.window) return (to / bar) * whole
  return Math.min(whole, Math.max(0, position + to - from))
}

/** Which line stands at which height of the window.
 *
 * It is the line at the top, but towards the end one ever further down, until it is the end itself at the bottom. So the
 * end is reached however tall the lines are that stand before it; where all are alike, it makes no difference.
 */
export function anchor(position: number, extent: Extent): { line: number; y: number } {
  const left = furthest(extent) - position
  const zone = Math.min(extent.window, furthest(extent))
  const y = zone > 0 ? extent.window * (1 - Math.min(1, left / zone)) : 0
  return { line: (position + y) / extent.unit, y }
}

/** What is looked at: the end, however it grows; a line that was asked for; or what somebody has scrolled to. */
export type Place = { kind: 'end' } | { kind: 'line'; line: number } | { kind: 'top'; line: number }

/** Where that is. Lines are counted from the first that is kept; `above`: room over a line that was asked for. */
export function positionOf(place: Place, first: number, above: number, extent: Extent): number {
  const whole = furthest(extent)
  if (place.kind === 'end') return whole
  const top = (place.line - first) * extent.unit - (place.kind === 'line' ? above : 0)
  return Math.min(whole, Math.max(0, top))
}
