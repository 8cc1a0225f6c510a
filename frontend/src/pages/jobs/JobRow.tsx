import { memo, type CSSProperties, type MouseEvent } from 'react'
import { isAllowed, type Action } from '../../jobs/useJobActions'
import type { Job } from '../../api/client'
import { Button } from '../../components/Button'
import { StateBadge } from '../../jobs/StateBadge'
import { Time } from '../../components/Time'
import { escapeHidden } from '../../components/escapeHidden'
import { Result, RunTime, type Column, type CellActions } from './columns'
import { Link } from 'wouter'

export interface RowProps {
  job: Job
  index: number
  top: number
  columns: Column[]
  selected: boolean
  current: boolean
  canAct: boolean
  actions: CellActions & {
    act: (action: Action, job: Job) => Promise<void>
    select: (job: Job, range: boolean) => void
  }
}

const ROW_CLASS =
  'absolute inset-x-0 top-0 contain-strict border-b text-sm data-selected:bg-indigo-50 data-current:inset-ring-2 data-current:inset-ring-indigo-500 dark:data-selected:bg-indigo-950/60'

const rowStyle = (top: number): CSSProperties => ({ transform: `translateY(${top}px)` })

/** A job as a row of the table. */
export const JobRow = memo(function JobRow({ job, index, top, columns, selected, current, canAct, actions }: RowProps) {
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      data-row={index}
      data-job={job.id}
      data-selected={selected || undefined}
      data-current={current || undefined}
      style={rowStyle(top)}
      className={`${ROW_CLASS} group grid h-12 grid-cols-(--columns) items-center gap-x-3 px-3 hover:bg-stone-50 dark:hover:bg-stone-800/50`}
    >
      {canAct && (
        <div role="cell">
          <SelectBox job={job} selected={selected} select={actions.select} />
        </div>
      )}
      {columns.map(({ id, numeric, cell }) => (
        <div key={id} role="cell" className={`min-w-0 truncate ${numeric ? 'tabular-nums' : ''}`}>
          {cell(job, actions)}
        </div>
      ))}
      {canAct && (
        <div
          role="cell"
          className="pointer-events-none absolute inset-y-0 right-2 flex items-center gap-1.5 opacity-0 group-focus-within:pointer-events-auto group-focus-within:opacity-100 group-hover:pointer-events-auto group-hover:opacity-100"
        >
          <Actions job={job} act={actions.act} />
        </div>
      )}
    </div>
  )
})

/** A job as a card, for narrow windows. */
export const JobCard = memo(function JobCard({ job, index, top, selected, current, canAct, actions }: RowProps) {
  return (
    <div
      role="listitem"
      data-row={index}
      data-job={job.id}
      data-selected={selected || undefined}
      data-current={current || undefined}
      style={rowStyle(top)}
      className={`${ROW_CLASS} flex h-28 gap-3 px-3 py-2.5`}
    >
      {canAct && <SelectBox job={job} selected={selected} select={actions.select} />}
      <div className="flex min-w-0 flex-1 flex-col justify-between">
        <Link href={`/jobs/${encodeURIComponent(job.id)}`} data-open="" className="block min-w-0">
          <span className="block truncate font-mono text-sm">{escapeHidden(job.command.slice(0, 200))}</span>
          <span className="muted block truncate text-xs">{job.id}</span>
        </Link>
        <div className="flex items-center gap-3 text-xs">
          <StateBadge state={job.state} cancelling={job.cancelling} />
          <span className="muted truncate">{job.queue}</span>
          <span className="muted ml-auto">
            <Time at={job.finished_at ?? job.created_at} />
          </span>
        </div>
        <div className="flex items-center gap-3 text-xs">
          <div className="min-w-0 flex-1 truncate">{job.error === null ? <RunTime job={job} /> : <Result job={job} />}</div>
          {canAct && <Actions job={job} act={actions.act} />}
        </div>
      </div>
    </div>
  )
})

function SelectBox({ job, selected, select }: { job: Job; selected: boolean; select: RowProps['actions']['select'] }) {
  return (
    <input
      type="checkbox"
      aria-label={`Select ${job.id}`}
      checked={selected}
      onChange={() => undefined}
      onClick={(event: MouseEvent) => select(job, event.shiftKey)}
      className="block size-4 shrink-0 accent-indigo-600"
    />
  )
}

const NAMES: [Action, string][] = [
  ['retry', 'Retry'],
  ['cancel', 'Cancel'],
  ['delete', 'Delete'],
]

function Actions({ job, act }: { job: Job; act: RowProps['actions']['act'] }) {
  return NAMES.filter(([action]) => isAllowed(action, job)).map(([action, name]) => (
    <Button
      key={action}
      variant={action === 'delete' ? 'danger' : 'plain'}
      aria-label={`${name} ${job.id}`}
      onClick={() => void act(action, job)}
    >
      {name}
    </Button>
  ))
}
