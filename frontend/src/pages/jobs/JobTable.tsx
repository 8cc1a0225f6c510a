import { useEffect, useImperativeHandle, useRef, type CSSProperties, type ReactNode, type Ref } from 'react'
import type { Column } from './columns'
import { JobCard, JobRow, type RowProps } from './JobRow'
import type { Sort } from './listing'
import type { Row } from './rows'
import { useVisibleRows } from './useVisibleRows'

const ROW_PX = 48
const CARD_PX = 112
/** Rows rendered above and below the visible ones. */
const OVERSCAN = 8

export interface Table {
  /** Scrolls a row into view and focuses its link. */
  focus: (index: number) => void
  /** The index of the first visible row. */
  first: () => number
}

interface Props {
  ref: Ref<Table>
  rows: readonly Row[]
  more: boolean
  setView: (first: number, last: number, atTop: boolean) => void
  columns: Column[]
  /** The window is too narrow for columns. */
  cards: boolean
  /** All columns fit, so the header can be sticky. */
  fits: boolean
  sort: Sort
  sortBy: (sort: Sort) => void
  selected: ReadonlySet<string>
  selectAll: () => void
  current: string | undefined
  actions: RowProps['actions']
  /** Whether the user may act on jobs; otherwise there are no checkboxes. */
  canAct: boolean
}

/** A virtual list: only visible rows are rendered. */
export function JobTable({ ref, rows, more, setView, columns, cards, current, selected, actions, canAct, ...head }: Props) {
  const body = useRef<HTMLDivElement>(null)
  const height = cards ? CARD_PX : ROW_PX
  const { first, last } = useVisibleRows(body, rows, height)
  useEffect(() => setView(first, last, first === 0), [setView, first, last])
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

  const start = Math.max(0, first - OVERSCAN)
  const Shape = cards ? JobCard : JobRow
  const drawn = rows
    .slice(start, last + OVERSCAN)
    .map(({ job }, index) => (
      <Shape
        key={job.id}
        job={job}
        index={start + index}
        top={(start + index) * height}
        columns={columns}
        selected={selected.has(job.id)}
        current={current === job.id}
        actions={actions}
        canAct={canAct}
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
      style={gridTemplate(columns, canAct)}
      className={head.fits ? '' : 'overflow-x-auto'}
    >
      <Head canAct={canAct} columns={columns} all={rows.length > 0 && selected.size === rows.length} {...head} />
      <div ref={body} role="rowgroup" style={space} className="relative [overflow-anchor:none]">
        {drawn}
      </div>
    </div>
  )
}

function Head({
  canAct,
  columns,
  fits,
  sort,
  sortBy,
  all,
  selectAll,
}: Pick<Props, 'canAct' | 'columns' | 'fits' | 'sort' | 'sortBy' | 'selectAll'> & { all: boolean }) {
  return (
    <div role="rowgroup" className={fits ? 'sticky top-12 z-10' : ''}>
      <div
        role="row"
        aria-rowindex={1}
        className="muted grid grid-cols-(--columns) items-center gap-x-3 border-b bg-stone-100 px-3 py-2 text-xs font-medium dark:bg-stone-900"
      >
        {canAct && (
          <div role="columnheader">
            <input type="checkbox" aria-label="Select all loaded jobs" checked={all} onChange={selectAll} className="block size-4 accent-indigo-600" />
          </div>
        )}
        {columns.map(({ id, name, sortKeys }) => (
          <div key={id} role="columnheader" className="min-w-0 truncate" {...(sortKeys ? { 'aria-sort': ariaSort(sortKeys, sort) } : {})}>
            {sortKeys ? <SortButton name={name} sortKeys={sortKeys} sort={sort} sortBy={sortBy} /> : name}
          </div>
        ))}
      </div>
    </div>
  )
}

const ariaSort = (sortKeys: Sort[], sort: Sort) => {
  const index = sortKeys.indexOf(sort)
  return index < 0 ? 'none' : index === 0 ? 'descending' : 'ascending'
}

/** Sorts newest first; a second click sorts oldest first. */
function SortButton({ name, sortKeys, sort, sortBy }: { name: string; sortKeys: Sort[]; sort: Sort; sortBy: (sort: Sort) => void }): ReactNode {
  const index = sortKeys.indexOf(sort)
  const next = sortKeys[index === 0 ? 1 : 0]
  return (
    <button type="button" onClick={() => next && sortBy(next)} className="font-medium hover:text-stone-950 dark:hover:text-white">
      {name} <span aria-hidden="true">{index < 0 ? '' : index === 0 ? '↓' : '↑'}</span>
    </button>
  )
}

const GAP_REM = 0.75
const CHECKBOX_REM = 1
const MARGIN_REM = 6

const gridTemplate = (columns: Column[], canAct: boolean) =>
  ({
    '--columns': [
      ...(canAct ? [`${CHECKBOX_REM}rem`] : []),
      ...columns.map(({ width, grows }) => (grows ? `minmax(${width}rem, ${grows}fr)` : `${width}rem`)),
    ].join(' '),
  }) as CSSProperties

/** The window width in rem that these columns need. */
export const minWidth = (columns: Column[]): number =>
  columns.reduce((sum, { width }) => sum + width + GAP_REM, CHECKBOX_REM + MARGIN_REM)

/** The height of the sticky header. */
const HEAD_PX = 88

function focus(body: HTMLElement | null, id: string, index: number, height: number): void {
  if (!body) return
  const top = body.getBoundingClientRect().top + index * height
  if (top < HEAD_PX) window.scrollBy(0, top - HEAD_PX)
  else if (top + height > window.innerHeight) window.scrollBy(0, top + height - window.innerHeight + 8)
  const link = () => body.querySelector<HTMLElement>(`[data-job="${CSS.escape(id)}"] [data-open]`)
  const drawn = link()
  if (drawn) drawn.focus({ preventScroll: true })
  // A row that was far away is rendered only after the scroll event.
  else requestAnimationFrame(() => requestAnimationFrame(() => link()?.focus({ preventScroll: true })))
}
