import { useEffect, useMemo, useRef, useState } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { useDark } from '../../shell/theme'
import { axisLabels, formatInterval } from './timeAxis'
import { COLOURS, type Colour } from './colours'
import { DURATION_AXIS, DURATION_SCALE } from './durationScale'

export interface Line {
  name: string
  colour: Colour
  values: (number | null)[]
}

interface Style {
  /** `bars` are stacked, the last line at the bottom. */
  kind: 'bars' | 'line' | 'area'
  format: (value: number) => string
  /** The scale reaches at least this value; undefined: a logarithmic scale of durations, from milliseconds to days. */
  minTop?: number
}

interface Props extends Style {
  title: string
  /** Shown below the title while the pointer is elsewhere. */
  summary: string
  /** Seconds since the epoch, `step` apart. */
  at: number[]
  step: number
  lines: Line[]
  className?: string
}

const HEIGHT = 150

/** A time series; the values at the pointer, or the latest ones, are shown above it. */
export default function TimeChart({ title, summary, at, step, lines, className = '', ...style }: Props) {
  const [hovered, setHovered] = useState<number>()
  const dark = useDark()
  const container = useChart(at, lines, style, setHovered)
  const shown = hovered !== undefined && hovered < at.length ? hovered : undefined
  return (
    <figure className={`card min-w-0 p-4 ${className}`} aria-label={title}>
      <figcaption>
        <h3 className="text-sm font-medium">{title}</h3>
        {/* Always one line, so that the charts of a row stay aligned and nothing jumps under the pointer. */}
        <p className="muted truncate text-xs tabular-nums" title={summary}>
          {shown === undefined ? summary : formatInterval(at[shown] ?? 0, step)}
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
                {value === null || value === undefined ? '–' : style.format(value)}
              </span>
            </li>
          )
        })}
      </ul>
      <div ref={container} role="img" aria-label={`${title}: ${summary}`} className="mt-2" style={{ height: HEIGHT }} />
    </figure>
  )
}

/** Draws into the element that gets the returned ref. A new style creates a new chart; new data only updates it. */
function useChart(at: number[], lines: Line[], style: Style, onHover: (index: number | undefined) => void) {
  const { kind, format, minTop } = style
  const container = useRef<HTMLDivElement>(null)
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
    const element = container.current
    if (!element) return
    const strokes = colours.split(',') as Colour[]
    const drawn = options(strokes, { kind, format, ...(minTop !== undefined && { minTop }) }, dark, element.clientWidth)
    drawn.hooks = { setCursor: [({ cursor }) => onHover(cursor.idx ?? undefined)] }
    const plot = new uPlot(drawn, latest.current, element)
    chart.current = plot
    const sizes = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT }))
    sizes.observe(element)
    return () => {
      sizes.disconnect()
      plot.destroy()
    }
  }, [dark, kind, colours, format, minTop, onHover])
  return container
}

function options(strokes: Colour[], { kind, format, minTop }: Style, dark: boolean, width: number): uPlot.Options {
  const colours = COLOURS[dark ? 'dark' : 'light']
  const isDuration = minTop === undefined
  return {
    width,
    height: HEIGHT,
    padding: [8, 24, 0, 0],
    legend: { show: false },
    cursor: { sync: { key: 'time' }, drag: { x: false, y: false }, points: { show: kind !== 'bars' }, y: false },
    scales: {
      x: { range: (drawn, first, last) => [first, last + stepOf(drawn)] }, // makes the last step as wide as the others
      y: isDuration ? DURATION_SCALE : { range: (_, __, most) => [0, Math.max(minTop, (most || 0) * 1.05)] },
    },
    axes: [
      { stroke: colours.text, grid: { show: false }, ticks: { show: false }, size: 24, space: 70, values: axisLabels },
      {
        stroke: colours.text,
        grid: { stroke: colours.grid, width: 1 },
        ticks: { show: false },
        size: 58,
        space: 32,
        ...(isDuration ? DURATION_AXIS : { values: (_: uPlot, values: number[]) => values.map(format) }),
      },
    ],
    series: [{}, ...strokes.map((name) => line(kind, colours[name]))],
  }
}

const stepOf = ({ data: [at] }: uPlot) => (at[1] ?? 0) - (at[0] ?? 0)

function line(kind: Style['kind'], stroke: string): uPlot.Series {
  const bars = uPlot.paths.bars?.({ size: [0.8, 24, 1], align: 1 })
  if (kind === 'bars') return { fill: stroke, width: 0, points: { show: false }, ...(bars && { paths: bars }) }
  const points: uPlot.Series.Points = { show: true, size: 4, filter: (chart, series) => isolatedPoints(chart.data[series] ?? []) }
  return { stroke, width: 1.5, points, ...(kind === 'area' && { fill: `${stroke}33` }) }
}

/** Indexes of values without neighbours, which a line chart would not show. */
function isolatedPoints(values: ArrayLike<number | null | undefined>): number[] {
  const has = (index: number) => values[index] !== null && values[index] !== undefined
  return Array.from(values, (_, index) => index).filter((index) => has(index) && !has(index - 1) && !has(index + 1))
}

/** Adds to each line the ones below it; the first line is drawn first and is the highest. */
function stacked(lines: Line[]): number[][] {
  const below = lines.map((_, index) => lines.slice(index))
  return below.map((some) =>
    (some[0]?.values ?? []).map((_, at) => some.reduce((sum, { values }) => sum + (values[at] ?? 0), 0)),
  )
}
