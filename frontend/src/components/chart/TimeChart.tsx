import { useEffect, useMemo, useRef, useState } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { useDark } from '../../shell/theme'
import { clock, when } from './clock'
import { COLOURS, type Colour } from './colours'
import { DURATION_AXIS, DURATION_SCALE } from './durations'

export interface Line {
  name: string
  colour: Colour
  values: (number | null)[]
}

interface Look {
  /** `bars` stand on each other, the last one at the bottom. */
  kind: 'bars' | 'line' | 'area'
  format: (value: number) => string
  /** The top of the scale is this at least; undefined: it is one of durations, from milliseconds to days. */
  least?: number
}

interface Props extends Look {
  title: string
  /** What stands below the title while nothing is pointed at. */
  summary: string
  /** Seconds since the epoch, `step` apart. */
  at: number[]
  step: number
  lines: Line[]
  className?: string
}

const HEIGHT = 150

/** What happened over time; the values at the time that is pointed at, or the latest, are told above it. */
export default function TimeChart({ title, summary, at, step, lines, className = '', ...look }: Props) {
  const [pointed, setPointed] = useState<number>()
  const dark = useDark()
  const place = useChart(at, lines, look, setPointed)
  const shown = pointed !== undefined && pointed < at.length ? pointed : undefined
  return (
    <figure className={`card min-w-0 p-4 ${className}`} aria-label={title}>
      <figcaption>
        <h3 className="text-sm font-medium">{title}</h3>
        {/* One line, whatever it says: the charts of a row stay side by side, and nothing jumps under the pointer. */}
        <p className="muted truncate text-xs tabular-nums" title={summary}>
          {shown === undefined ? summary : when(at[shown] ?? 0, step)}
        </p>
      </figcaption>
      <ul className="muted mt-2 flex flex-wrap gap-x-4 text-xs">
        {lines.map(({ name, colour, values }) => {
          const value = values[shown ?? values.length - 1]
          return (
            <li key={name} className="flex items-center gap-1.5">
              <span className="size-2 rounded-full" style={{ background: COLOURS[dark ? 'dark' : 'light'][colour] }} />
              {name}
              <span className="font-medium text-stone-900 tabular-nums dark:text-stone-100">
                {value === null || value === undefined ? '–' : look.format(value)}
              </span>
            </li>
          )
        })}
      </ul>
      <div ref={place} role="img" aria-label={`${title}: ${summary}`} className="mt-2" style={{ height: HEIGHT }} />
    </figure>
  )
}

/** Draws into the element that gets the ref; anew where its look changes, else only its data. */
function useChart(at: number[], lines: Line[], look: Look, point: (index: number | undefined) => void) {
  const { kind, format, least } = look
  const place = useRef<HTMLDivElement>(null)
  const chart = useRef<uPlot>(undefined)
  const dark = useDark()
  const data = useMemo<uPlot.AlignedData>(
    () => [at, ...(kind === 'bars' ? stacked(lines) : lines.map(({ values }) => values))],
    [at, kind, lines],
  )
  const latest = useRef(data)
  useEffect(() => {
    latest.current = data
    chart.current?.setData(data)
  }, [data])
  const colours = lines.map(({ colour }) => colour).join()
  useEffect(() => {
    const element = place.current
    if (!element) return
    const strokes = colours.split(',') as Colour[]
    const drawn = options(strokes, { kind, format, ...(least !== undefined && { least }) }, dark, element.clientWidth)
    drawn.hooks = { setCursor: [({ cursor }) => point(cursor.idx ?? undefined)] }
    const made = new uPlot(drawn, latest.current, element)
    chart.current = made
    const sizes = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }))
    sizes.observe(element)
    return () => {
      sizes.disconnect()
      made.destroy()
    }
  }, [dark, kind, colours, format, least, point])
  return place
}

function options(strokes: Colour[], { kind, format, least }: Look, dark: boolean, width: number): uPlot.Options {
  const colours = COLOURS[dark ? 'dark' : 'light']
  const ofDurations = least === undefined
  return {
    width,
    height: HEIGHT,
    padding: [8, 24, 0, 0],
    legend: { show: false },
    cursor: { sync: { key: 'time' }, drag: { x: false, y: false }, points: { show: kind !== 'bars' }, y: false },
    scales: {
      x: { range: (drawn, first, last) => [first, last + stepOf(drawn)] }, // the last step is as wide as the others
      y: ofDurations ? DURATION_SCALE : { range: (_, __, most) => [0, Math.max(least, (most || 0) * 1.05)] },
    },
    axes: [
      { stroke: colours.text, grid: { show: false }, ticks: { show: false }, size: 24, space: 70, values: clock },
      {
        stroke: colours.text,
        grid: { stroke: colours.grid, width: 1 },
        ticks: { show: false },
        size: 58,
        space: 32,
        ...(ofDurations ? DURATION_AXIS : { values: (_: uPlot, values: number[]) => values.map(format) }),
      },
    ],
    series: [{}, ...strokes.map((name) => line(kind, colours[name]))],
  }
}

const stepOf = ({ data: [at] }: uPlot) => (at[1] ?? 0) - (at[0] ?? 0)

function line(kind: Look['kind'], stroke: string): uPlot.Series {
  const bars = uPlot.paths.bars?.({ size: [0.8, 24, 1], align: 1 })
  if (kind === 'bars') return { fill: stroke, width: 0, points: { show: false }, ...(bars && { paths: bars }) }
  const points: uPlot.Series.Points = { show: true, size: 4, filter: (chart, series) => alone(chart.data[series] ?? []) }
  return { stroke, width: 1.5, points, ...(kind === 'area' && { fill: `${stroke}33` }) }
}

/** Where there is a value between two times that have none: no line would be seen there. */
function alone(values: ArrayLike<number | null | undefined>): number[] {
  const has = (index: number) => values[index] !== null && values[index] !== undefined
  return Array.from(values, (_, index) => index).filter((index) => has(index) && !has(index - 1) && !has(index + 1))
}

/** Each line with those below it added: the first one is drawn first, and highest. */
function stacked(lines: Line[]): number[][] {
  const below = lines.map((_, index) => lines.slice(index))
  return below.map((some) =>
    (some[0]?.values ?? []).map((_, at) => some.reduce((sum, { values }) => sum + (values[at] ?? 0), 0)),
  )
}
