import { useEffect, useImperativeHandle, useRef, type CSSProperties, type ReactNode, type Ref } from 'react'
import type { Column } from './columns'
import { JobCard, JobRow, type RowProps } from './JobRow'
import type { Sort } from './listing'
import type { Row } from './rows'
import { useView } from './useView'

const ROW = 48
const CARD = 112
/** Rows drawn beyond the view on each side. */
const BEYOND = 8

export interface Table {
  /** Brings a row into view, and the focus to its link. */
  focus: (index: number) => void
  /** The first row in view. */
  first: () => number
}

interface Props {
  ref: Ref<Table>
  rows: readonly Row[]
  more: boolean
  see: (first: number, last: number, atTop: boolean) => void
  columns: Column[]
  /** There is no room for columns. */
  cards: boolean
  /** All columns have room, so that the head can stay in view. */
  fits: boolean
  sort: Sort
  sortBy: (sort: Sort) => void
  selected: ReadonlySet<string>
  selectAll: () => void
  current: string | undefined
  doing: RowProps['doing']
  /** Whether anything can be done with jobs: else none can be selected. */
  acts: boolean
}

/** The rows in view of a list of any length. */
export function JobTable({ ref, rows, more, see, columns, cards, current, selected, doing, acts, ...head }: Props) {
  const body = useRef<HTMLDivElement>(null)
  const height = cards ? CARD : ROW
  const { first, last } = useView(body, rows, height)
  useEffect(() => see(first, last, first === 0), [see, first, last])
  useImperativeHandle(
    ref,
    () => ({
      focus: (index) => {
        const row = rows[index]
        if (row) focus(body.current, row.job.id, index, height)
      },
      first: () => first,
    }),
    [rows, first, height],
  )

  const start = Math.max(0, first - BEYOND)
  const Shape = cards ? JobCard : JobRow
  const drawn = rows
    .slice(start, last + BEYOND)
    .map(({ job }, index) => (
      <Shape
        key={job.id}
        job={job}
        index={start + index}
        top={(start + index) * height}
        columns={columns}
        selected={selected.has(job.id)}
        current={current === job.id}
        doing={doing}
        acts={acts}
      />
    ))
  const space: CSSProperties = { height: rows.length * height }
  if (cards)
    return (
      <div ref={body} role="list" aria-label="Jobs" style={space} className="relative [overflow-anchor:none]">
        {drawn}
      </div>
    )
  return (
    <div
      role="table"
      aria-label="Jobs"
      aria-rowcount={more ? -1 : rows.length + 1}
      style={template(columns, acts)}
      className={head.fits ? '' : 'overflow-x-auto'}
    >
      <Head acts={acts} columns={columns} all={rows.length > 0 && selected.size === rows.length} {...head} />
      <div ref={body} role="rowgroup" style={space} className="relative [overflow-anchor:none]">
        {drawn}
      </div>
    </div>
  )
}

function Head({
  acts,
  columns,
  fits,
  sort,
  sortBy,
  all,
  selectAll,
}: Pick<Props, 'acts' | 'columns' | 'fits' | 'sort' | 'sortBy' | 'selectAll'> & { all: boolean }) {
  return (
    <div role="rowgroup" className={fits ? 'sticky top-12 z-10' : ''}>
      <div
        role="row"
        aria-rowindex={1}
        className="muted grid grid-cols-(--columns) items-center gap-x-3 border-b bg-stone-100 px-3 py-2 text-xs font-medium dark:bg-stone-900"
      >
        {acts && (
          <div role="columnheader">
            <input type="checkbox" aria-label="Select all loaded" checked={all} onChange={selectAll} className="block size-4 accent-indigo-600" />
          </div>
        )}
        {columns.map(({ id, name, sorts }) => (
          <div key={id} role="columnheader" className="min-w-0 truncate" {...(sorts ? { 'aria-sort': sorted(sorts, sort) } : {})}>
            {sorts ? <SortButton name={name} sorts={sorts} sort={sort} sortBy={sortBy} /> : name}
          </div>
        ))}
      </div>
    </div>
  )
}

const sorted = (sorts: Sort[], sort: Sort) => {
  const index = sorts.indexOf(sort)
  return index < 0 ? 'none' : index === 0 ? 'descending' : 'ascending'
}

/** Newest first; oldest first at the next click. */
function SortButton({ name, sorts, sort, sortBy }: { name: string; sorts: Sort[]; sort: Sort; sortBy: (sort: Sort) => void }): ReactNode {
  const index = sorts.indexOf(sort)
  const next = sorts[index === 0 ? 1 : 0]
  return (
    <button type="button" onClick={() => next && sortBy(next)} className="font-medium hover:text-stone-950 dark:hover:text-white">
      {name} <span aria-hidden="true">{index < 0 ? '' : index === 0 ? '↓' : '↑'}</span>
    </button>
  )
}

const GAP_REM = 0.75
const CHECKBOX_REM = 1
const AROUND_REM = 6

const template = (columns: Column[], acts: boolean) =>
  ({
    '--columns': [
      ...(acts ? [`${CHECKBOX_REM}rem`] : []),
      ...columns.map(({ width, grows }) => (grows ? `minmax(${width}rem, ${grows}fr)` : `${width}rem`)),
    ].join(' '),
  }) as CSSProperties

/** How wide the window must be for these columns, in rem. */
export const roomFor = (columns: Column[]): number =>
  columns.reduce((sum, { width }) => sum + width + GAP_REM, CHECKBOX_REM + AROUND_REM)

/** What stays in view above the rows. */
const HEAD_PX = 88

function focus(body: HTMLElement | null, id: string, index: number, height: number): void {
  if (!body) return
  const top = body.getBoundingClientRect().top + index * height
  if (top < HEAD_PX) window.scrollBy(0, top - HEAD_PX)
  else if (top + height > window.innerHeight) window.scrollBy(0, top + height - window.innerHeight + 8)
  const link = () => body.querySelector<HTMLElement>(`[data-job="${CSS.escape(id)}"] [data-open]`)
  const drawn = link()
  if (drawn) drawn.focus({ preventScroll: true })
  // It came from far away: it is drawn after the scrolling was heard of.
  else requestAnimationFrame(() => requestAnimationFrame(() => link()?.focus({ preventScroll: true })))
}
