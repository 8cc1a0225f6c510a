import { useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent, type MouseEvent, type RefObject, type WheelEvent } from 'react'
import { Line } from './Line'
import type { Marked } from './marked'
import type { Ask, Frame, Match } from './protocol'
import { anchor, barFor, furthest, height, moved, positionOf, type Extent, type Place } from './scroll'

const LINE_PX = 20
const SCROLLED_MS = 150
/** Lines that are taller or less tall than expected by this share change what is expected. */
const TOLERANCE = 0.25

interface Props {
  label: string
  frame: Frame
  ask: (question: Ask) => void
  place: Place
  go: (place: Place) => void
  /** Is told which line is at the top. */
  topRef: RefObject<number>
  wrap: boolean
  marked: Marked | undefined
  pick: (number: number, event: MouseEvent) => void
  pattern: RegExp | undefined
  match: Match | undefined
}

/** A window on the lines of an output. Only what is seen, and a little more, is drawn. */
export function Lines({ label, frame, ask, place, go, topRef, wrap, marked, pick, pattern, match }: Props) {
  const scroller = useRef<HTMLDivElement>(null)
  const layer = useRef<HTMLDivElement>(null)
  const bar = useRef(0)
  const scrolled = useRef<ReturnType<typeof setTimeout>>(undefined)
  const [scrolling, setScrolling] = useState(false)
  const [windowHeight, setWindowHeight] = useState(0)
  const [tall, setTall] = useState(LINE_PX)
  const unit = wrap ? tall : LINE_PX
  const { first, from, rows } = frame
  const extent: Extent = { lines: frame.lines - first, unit, window: windowHeight }
  const position = positionOf(place, first, wrap ? LINE_PX : windowHeight / 3, extent)
  const fitting = Math.max(1, Math.ceil(windowHeight / LINE_PX))
  const step = Math.ceil(fitting / 2)
  const wanted = first + Math.floor(position / unit / step) * step - fitting
  const atEnd = place.kind === 'end'

  useEffect(() => {
    if (windowHeight > 0) ask({ kind: 'view', from: wanted, count: atEnd ? fitting * 2 : fitting * 4, end: atEnd })
  }, [ask, wanted, fitting, atEnd, windowHeight])

  useEffect(() => {
    const watcher = new ResizeObserver(([entry]) => entry && setWindowHeight(entry.contentRect.height))
    if (scroller.current) watcher.observe(scroller.current)
    return () => watcher.disconnect()
  }, [])

  const [drawn, whole] = [rows.length, rows.length === extent.lines]
  // In the commit itself: a watcher of the lines before would measure the new ones by the old number.
  useLayoutEffect(() => {
    if (!wrap || !layer.current || drawn === 0) return
    const watcher = new ResizeObserver(([entry]) => {
      const seen = (entry?.contentRect.height ?? 0) / drawn
      if (seen > 0) setTall((expected) => (whole || Math.abs(seen / expected - 1) > TOLERANCE ? seen : expected))
    })
    watcher.observe(layer.current)
    return () => watcher.disconnect()
  }, [wrap, drawn, whole])

  // The lines are laid so that the one at the anchor is where it belongs, whatever the heights of the others.
  useLayoutEffect(() => {
    topRef.current = first + position / unit
    if (!scroller.current || !layer.current) return
    const { line, y } = anchor(position, extent)
    layer.current.style.transform = `translateY(${y - topOf(layer.current, first + line - from, unit)}px)`
    // While somebody scrolls through what is longer than the bar can tell, the bar is left to them.
    if (scrolling && !atEnd && extent.lines * unit > height(extent)) return
    const wantedBar = barFor(position, extent)
    if (Math.abs(scroller.current.scrollTop - wantedBar) >= 1) scroller.current.scrollTop = wantedBar
    bar.current = scroller.current.scrollTop
  })

  const onScroll = () => {
    const to = scroller.current?.scrollTop ?? 0
    if (Math.abs(to - bar.current) < 1) return
    const next = moved(position, bar.current, to, extent)
    bar.current = to
    go(next >= furthest(extent) ? { kind: 'end' } : { kind: 'top', line: first + next / unit })
    setScrolling(true)
    clearTimeout(scrolled.current)
    scrolled.current = setTimeout(() => setScrolling(false), SCROLLED_MS)
  }

  // Where the end is followed, each line that comes moves the bar, which ends what the browser has begun to scroll. So
  // the end is left as soon as somebody wants to, not after the first pixel.
  const leaveEnd = () => {
    if (atEnd && position > 0) go({ kind: 'top', line: first + position / unit })
  }
  const onWheel = ({ deltaY, ctrlKey }: WheelEvent) => {
    if (deltaY < 0 && !ctrlKey) leaveEnd()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return
    if (event.key === 'Home') go({ kind: 'top', line: first })
    else if (event.key === 'End') go({ kind: 'end' })
    else {
      if (event.key === 'ArrowUp' || event.key === 'PageUp') leaveEnd()
      return
    }
    event.preventDefault()
  }

  const digits = String(frame.lines).length
  return (
    <div
      ref={scroller}
      role="log"
      aria-label={label}
      aria-live="off"
      tabIndex={0}
      onScroll={onScroll}
      onWheel={onWheel}
      onKeyDown={onKeyDown}
      className="min-h-0 flex-1 overflow-auto overscroll-contain bg-stone-950 font-mono text-xs leading-5 text-stone-200 focus-visible:-outline-offset-2"
    >
      <div style={{ height: height(extent) }} className={wrap ? '' : 'w-max min-w-full'}>
        <div style={{ height: windowHeight }} className="sticky top-0 overflow-x-visible overflow-y-clip">
          <div ref={layer} className="relative [tab-size:8]">
            {rows.map((row, index) => {
              const line = from + index
              return (
                <Line
                  key={line}
                  number={line + 1}
                  row={row}
                  digits={digits}
                  wrap={wrap}
                  marked={marked !== undefined && line + 1 >= marked.from && line + 1 <= marked.to}
                  pattern={pattern}
                  current={match?.line === line ? match.nth : undefined}
                  pick={pick}
                />
              )
            })}
          </div>
        </div>
      </div>
    </div>
  )
}

/** How far down the layer a line begins, or a place within it; where it is not drawn yet, what is to be expected. */
function topOf(layer: HTMLElement, line: number, unit: number): number {
  if (line < 0) return line * unit
  const row = layer.children[Math.floor(line)]
  if (row instanceof HTMLElement) return row.offsetTop + (line % 1) * row.offsetHeight
  return layer.offsetHeight + (line - layer.children.length) * unit
}
