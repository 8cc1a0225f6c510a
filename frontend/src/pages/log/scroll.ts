/** Browsers do not render beyond about 17 million pixels, so longer outputs are scrolled to scale. */
const MAX_HEIGHT = 15_000_000

/** The geometry of the output. All in pixels except `lines`. */
export interface Extent {
  lines: number
  /** The average height of a line. */
  lineHeight: number
  window: number
}

/** The height of the scrolled content, as the browser sees it. */
export const scrollHeight = ({ lines, lineHeight, window }: Extent) => Math.max(window, Math.min(lines * lineHeight, MAX_HEIGHT))

/** The largest position, with the end of the output at the bottom of the window. */
export const maxPosition = ({ lines, lineHeight, window }: Extent) => Math.max(0, lines * lineHeight - window)

/** The browser's scrollTop for a position. */
export function scrollTopFor(position: number, extent: Extent): number {
  const maximum = maxPosition(extent)
  return maximum === 0 ? 0 : (position / maximum) * (scrollHeight(extent) - extent.window)
}

/** The position after the scroll bar moved: short distances line by line, long ones to scale. */
export function positionAfterScroll(position: number, from: number, to: number, extent: Extent): number {
  const bar = scrollHeight(extent) - extent.window
  const maximum = maxPosition(extent)
  if (to <= 0.5 || bar <= 0) return 0
  if (to >= bar - 1) return maximum
  if (Math.abs(to - from) > extent.window) return (to / bar) * maximum
  return Math.min(maximum, Math.max(0, position + to - from))
}

/**
 * Which line is at which height of the window.
 *
 * At the start it is the line at the top, and towards the end one ever further down, until it is the end itself at the
 * bottom. So the end can be reached whatever the heights of the lines before it. If all heights are equal, it makes no
 * difference.
 */
export function anchor(position: number, extent: Extent): { line: number; y: number } {
  const left = maxPosition(extent) - position
  const zone = Math.min(extent.window, maxPosition(extent))
  const y = zone > 0 ? extent.window * (1 - Math.min(1, left / zone)) : 0
  return { line: (position + y) / extent.lineHeight, y }
}

/** What to show: the end, as it grows; a requested line; or the position that the user scrolled to. */
export type ScrollTarget = { kind: 'end' } | { kind: 'line'; line: number } | { kind: 'top'; line: number }

/** The position of a target. `first`: the first line that is not dropped; `above`: space above a requested line. */
export function positionOf(target: ScrollTarget, first: number, above: number, extent: Extent): number {
  const maximum = maxPosition(extent)
  if (target.kind === 'end') return maximum
  const top = (target.line - first) * extent.lineHeight - (target.kind === 'line' ? above : 0)
  return Math.min(maximum, Math.max(0, top))
}
