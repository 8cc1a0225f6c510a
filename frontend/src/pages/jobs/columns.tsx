import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { Job } from '../../api/client'
import { FIELDS, valueOf, type ColumnLayout, type JobField, type ShowKind } from '../../jobs/fields'
import { lastLine } from '../../jobs/lastLine'
import { limitsSummary } from '../../jobs/limitsSummary'
import { lockText } from '../../jobs/lockText'
import { StateBadge } from '../../jobs/StateBadge'
import { secondsBetween, formatDuration } from '../../components/timeFormat'
import { useNow } from '../../components/useNow'
import { Elapsed, Time } from '../../components/Time'
import { escapeHidden } from '../../components/escapeHidden'
import type { Key } from '../../search/query'
import type { Sort } from './listing'

/** What cells can do: filter by their value. */
export interface CellActions {
  addFilter: (key: Key, value: string) => void
}

export interface Column extends ColumnLayout {
  id: string
  name: string
  numeric: boolean
  /** Sort keys of the header: descending first, ascending at the second click. */
  sortKeys?: Sort[]
  cell: (job: Job, actions: CellActions) => ReactNode
}

const EMPTY = <span className="muted">–</span>

export const COLUMNS: Column[] = FIELDS.flatMap((field) => (field.column ? [columnOf(field, field.column)] : []))

export const DEFAULT_COLUMNS = COLUMNS.filter(({ byDefault }) => byDefault).map(({ id }) => id)

function columnOf({ key, label, input, show = 'text' }: JobField, layout: ColumnLayout): Column {
  const { sortBy } = layout
  return {
    ...layout,
    id: layout.id ?? key,
    name: show === 'command' ? 'Job' : label,
    numeric: input === 'number' || show === 'attempts',
    ...(sortBy && { sortKeys: [`-${sortBy}`, sortBy] }),
    cell: (job, actions) => CELLS[show](job, actions, key),
  }
}

/** The content of a cell, by how the field is shown. */
const CELLS: Record<ShowKind, (job: Job, actions: CellActions, key: string) => ReactNode> = {
  text: textCell,
  code: textCell,
  duration: (job, _, key) => {
    const seconds = valueOf(job, key) as number | null
    return seconds === null ? EMPTY : formatDuration(seconds)
  },
  time: (job, _, key) => timeOrEmpty(valueOf(job, key) as string | null),
  yesNo: (job, _, key) => (valueOf(job, key) ? 'yes' : 'no'),
  command: (job) => <JobLink job={job} />,
  state: ({ state, cancelling }) => <StateBadge state={state} cancelling={cancelling} />,
  attempts: ({ attempts, max_retries }) => `${attempts} of ${max_retries + 1}`,
  queue: ({ queue }, { addFilter }) => <Chip text={queue} title={`Filter by queue ${queue}`} onClick={() => addFilter('queue', queue)} />,
  schedule: textCell,
  tags: ({ tags }, { addFilter }) =>
    tags.length === 0 ? EMPTY : tags.map((tag) => <Chip key={tag} text={tag} title={`Filter by tag ${tag}`} onClick={() => addFilter('tag', tag)} />),
  worker: ({ worker }, { addFilter }) =>
    worker === null ? EMPTY : <Chip text={worker} title={`Filter by worker ${worker}`} onClick={() => addFilter('worker', worker)} />,
  backoff: ({ backoff_base }) => backoff_base,
  limits: ({ limits }) => limitsSummary(limits),
  lock: ({ lock }) => (lock ? lockText(lock) : EMPTY),
  waitTime: (job) => <WaitTime job={job} />,
  runTime: (job) => <RunTime job={job} />,
  result: (job) => <Result job={job} />,
  nextAttempt: ({ state, next_run_at }) => (isWaiting(state) ? timeOrEmpty(next_run_at) : EMPTY),
}

function textCell(job: Job, _: CellActions, key: string): ReactNode {
  const value = valueOf(job, key) as string | number | null
  return value === null || value === '' ? EMPTY : escapeHidden(String(value))
}

const timeOrEmpty = (at: string | null) => (at === null ? EMPTY : <Time at={at} />)

const isWaiting = (state: Job['state']) => state === 'pending' || state === 'failed'

function JobLink({ job }: { job: Job }) {
  return (
    <Link
      href={`/jobs/${encodeURIComponent(job.id)}`}
      data-open=""
      title={escapeHidden(job.command.slice(0, 1000))}
      className="block min-w-0 rounded-sm hover:underline"
    >
      <span className="block truncate font-mono text-sm">{escapeHidden(job.command.slice(0, 500))}</span>
      <span className="muted block truncate text-xs">{job.id}</span>
    </Link>
  )
}

function Chip({ text, title, onClick }: { text: string; title: string; onClick: () => void }) {
  return (
    <button
      type="button"
      title={title}
      onClick={onClick}
      className="mr-1 max-w-full truncate rounded bg-stone-100 px-1.5 py-0.5 align-middle text-xs text-stone-800 hover:bg-stone-200 dark:bg-stone-800 dark:text-stone-200 dark:hover:bg-stone-700"
    >
      {escapeHidden(text)}
    </button>
  )
}

/** From when the job was due until it started; known only for the first attempt. */
function WaitTime({ job }: { job: Job }) {
  const due = job.run_at ?? job.created_at
  const next = job.next_run_at ?? due
  const isDue = useNow((now) => Date.parse(next) <= now)
  if (job.state === 'pending') return isDue ? <Elapsed since={next} /> : EMPTY
  if (job.started_at === null || job.attempts !== 1 || job.started_at < due) return EMPTY
  return <span className="tabular-nums">{formatDuration(secondsBetween(due, job.started_at))}</span>
}

export function RunTime({ job }: { job: Job }) {
  if (job.started_at === null || isWaiting(job.state)) return EMPTY
  if (job.state === 'processing') return <Elapsed since={job.started_at} />
  if (job.finished_at === null || job.worker === null) return EMPTY
  return <span className="tabular-nums">{formatDuration(secondsBetween(job.started_at, job.finished_at))}</span>
}

export function Result({ job }: { job: Job }) {
  if (job.error !== null && job.state !== 'completed') {
    const [error, line] = [escapeHidden(job.error), escapeHidden(lastLine(job))]
    return (
      <span title={line === '' ? error : `${error}\n${line}`} className="block min-w-0">
        <span className={`block truncate ${job.state === 'cancelled' ? 'muted' : 'text-red-700 dark:text-red-400'}`}>{error}</span>
        {line !== '' && <span className="muted block truncate text-xs">{line}</span>}
      </span>
    )
  }
  return job.exit_code === null ? EMPTY : <span className="muted tabular-nums">exit {job.exit_code}</span>
}
