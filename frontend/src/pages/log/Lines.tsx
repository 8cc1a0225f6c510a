import { useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent, type MouseEvent, type RefObject, type WheelEvent } from 'react'
import { Line } from './Line'
import type { LineRange } from './lineRange'
import type { LogRequest, Frame, Match } from './protocol'
import { anchor, scrollTopFor, maxPosition, scrollHeight, positionAfterScroll, positionOf, type Extent, type ScrollTarget } from './scroll'

const LINE_PX = 20
const SCROLL_END_MS = 150
/** How far the measured line height may differ from the expected one before it is updated. */
const TOLERANCE = 0.25

interface Props {
  label: string
  frame: Frame
  send: (question: LogRequest) => void
  scrollTarget: ScrollTarget
  scrollTo: (scrollTarget: ScrollTarget) => void
  /** Receives the number of the top line. */
  topRef: RefObject<number>
  wrap: boolean
  selected: LineRange | undefined
  onSelect: (number: number, event: MouseEvent) => void
  pattern: RegExp | undefined
  match: Match | undefined
}

/** A virtual list of output lines: only the visible ones, and a few more, are rendered. */
export function Lines({ label, frame, send, scrollTarget, scrollTo, topRef, wrap, selected, onSelect, pattern, match }: Props) {
  const scroller = useRef<HTMLDivElement>(null)
  const layer = useRef<HTMLDivElement>(null)
  const scrollTop = useRef(0)
  const scrollEndTimer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const [scrolling, setScrolling] = useState(false)
  const [windowHeight, setWindowHeight] = useState(0)
  const [averageHeight, setAverageHeight] = useState(LINE_PX)
  const lineHeight = wrap ? averageHeight : LINE_PX
  const { first, from, rows } = frame
  const extent: Extent = { lines: frame.lines - first, lineHeight, window: windowHeight }
  const position = positionOf(scrollTarget, first, wrap ? LINE_PX : windowHeight / 3, extent)
  const fitting = Math.max(1, Math.ceil(windowHeight / LINE_PX))
  const step = Math.ceil(fitting / 2)
  const firstLine = first + Math.floor(position / lineHeight / step) * step - fitting
  const atEnd = scrollTarget.kind === 'end'

  useEffect(() => {
    if (windowHeight > 0) send({ kind: 'view', from: firstLine, count: atEnd ? fitting * 2 : fitting * 4, end: atEnd })
  }, [send, firstLine, fitting, atEnd, windowHeight])

  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => entry && setWindowHeight(entry.contentRect.height))
    if (scroller.current) observer.observe(scroller.current)
    return () => observer.disconnect()
  }, [])

  const [rendered, complete] = [rows.length, rows.length === extent.lines]
  // In a layout effect, because an observer of the previous lines would divide the new height by the old count.
  useLayoutEffect(() => {
    if (!wrap || !layer.current || rendered === 0) return
    const observer = new ResizeObserver(([entry]) => {
      const measured = (entry?.contentRect.height ?? 0) / rendered
      if (measured > 0) setAverageHeight((expected) => (complete || Math.abs(measured / expected - 1) > TOLERANCE ? measured : expected))
    })
    observer.observe(layer.current)
    return () => observer.disconnect()
  }, [wrap, rendered, complete])

  // Positions the lines so that the anchor line is in place, whatever the heights of the others.
  useLayoutEffect(() => {
    topRef.current = first + position / lineHeight
    if (!scroller.current || !layer.current) return
    const { line, y } = anchor(position, extent)
    layer.current.style.transform = `translateY(${y - topOf(layer.current, first + line - from, lineHeight)}px)`
    // During scrolling through output that is scaled down, the user keeps control of the scroll bar.
    if (scrolling && !atEnd && extent.lines * lineHeight > scrollHeight(extent)) return
    const targetTop = scrollTopFor(position, extent)
    if (Math.abs(scroller.current.scrollTop - targetTop) >= 1) scroller.current.scrollTop = targetTop
    scrollTop.current = scroller.current.scrollTop
  })

  const onScroll = () => {
    const to = scroller.current?.scrollTop ?? 0
    if (Math.abs(to - scrollTop.current) < 1) return
    const next = positionAfterScroll(position, scrollTop.current, to, extent)
    scrollTop.current = to
    scrollTo(next >= maxPosition(extent) ? { kind: 'end' } : { kind: 'top', line: first + next / lineHeight })
    setScrolling(true)
    clearTimeout(scrollEndTimer.current)
    scrollEndTimer.current = setTimeout(() => setScrolling(false), SCROLL_END_MS)
  }

  // While the end is followed, each new line moves the scroll bar, which interrupts smooth scrolling. So any scroll
  // intent stops following, not only the first scrolled pixel.
  const leaveEnd = () => {
    if (atEnd && position > 0) scrollTo({ kind: 'top', line: first + position / lineHeight })
  }
  const onWheel = ({ deltaY, ctrlKey }: WheelEvent) => {
    if (deltaY < 0 && !ctrlKey) leaveEnd()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return
    if (event.key === 'Home') scrollTo({ kind: 'top', line: first })
    else if (event.key === 'End') scrollTo({ kind: 'end' })
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
      <div style={{ height: scrollHeight(extent) }} className={wrap ? '' : 'w-max min-w-full'}>
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
                  selected={selected !== undefined && line + 1 >= selected.from && line + 1 <= selected.to}
                  pattern={pattern}
                  current={match?.line === line ? match.nth : undefined}
                  onSelect={onSelect}
                />
              )
            })}
          </div>
        </div>
      </div>
    </div>
  )
}

/** The offset of a line (or a fraction of it) in the layer; estimated if the line is not rendered. */
function topOf(layer: HTMLElement, line: number, lineHeight: number): number {
  if (line < 0) return line * lineHeight
  const row = layer.children[Math.floor(line)]
  if (row instanceof HTMLElement) return row.offsetTop + (line % 1) * row.offsetHeight
  return layer.offsetHeight + (line - layer.children.length) * lineHeight
}
