import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { Job } from '../../api/client'
import { lastLine } from '../../components/lastLine'
import { StateBadge } from '../../components/StateBadge'
import { between, duration, useNow } from '../../components/time'
import { Elapsed, Time } from '../../components/Time'
import { visible } from '../../components/visible'
import type { Key } from '../../search/query'
import type { Sort } from './listing'

/** What a cell can do: make the list narrower by what it shows. */
export interface Doing {
  narrow: (key: Key, value: string) => void
}

export interface Column {
  id: string
  name: string
  /** In rem; `grows`: its share of what is left. */
  width: number
  grows?: number
  numeric?: boolean
  /** What a click on its head sorts by, the newest first; and then the oldest. */
  sorts?: Sort[]
  cell: (job: Job, doing: Doing) => ReactNode
}

const NOTHING = <span className="muted">–</span>

export const COLUMNS: Column[] = [
  { id: 'job', name: 'Job', width: 14, grows: 3, cell: (job) => <Name job={job} /> },
  {
    id: 'state',
    name: 'State',
    width: 7.5,
    cell: ({ state, cancelling }) => <StateBadge state={state} cancelling={cancelling} />,
  },
  {
    id: 'attempts',
    name: 'Attempts',
    width: 5.5,
    numeric: true,
    cell: (job) => `${job.attempts} of ${job.max_retries + 1}`,
  },
  {
    id: 'queue',
    name: 'Queue',
    width: 6,
    grows: 0.5,
    cell: ({ queue }, { narrow }) => <Chip text={queue} title={`Jobs of queue ${queue}`} act={() => narrow('queue', queue)} />,
  },
  { id: 'priority', name: 'Priority', width: 5, numeric: true, cell: ({ priority }) => priority },
  {
    id: 'tags',
    name: 'Tags',
    width: 7,
    grows: 1,
    cell: ({ tags }, { narrow }) =>
      tags.length === 0 ? NOTHING : tags.map((tag) => <Chip key={tag} text={tag} title={`Jobs with the tag ${tag}`} act={() => narrow('tag', tag)} />),
  },
  {
    id: 'worker',
    name: 'Worker',
    width: 7,
    grows: 1,
    cell: ({ worker }, { narrow }) =>
      worker === null ? NOTHING : <Chip text={worker} title={`Jobs of worker ${worker}`} act={() => narrow('worker', worker)} />,
  },
  {
    id: 'created',
    name: 'Enqueued',
    width: 6,
    sorts: ['-created_at', 'created_at'],
    cell: ({ created_at }) => <Time at={created_at} />,
  },
  { id: 'started', name: 'Started', width: 6, cell: ({ started_at }) => maybe(started_at) },
  {
    id: 'finished',
    name: 'Finished',
    width: 6,
    sorts: ['-finished_at', 'finished_at'],
    cell: ({ finished_at }) => maybe(finished_at),
  },
  { id: 'wait', name: 'Wait', width: 5.5, cell: (job) => <Wait job={job} /> },
  { id: 'run', name: 'Run time', width: 5.5, cell: (job) => <RunTime job={job} /> },
  { id: 'result', name: 'Result', width: 8, grows: 1.5, cell: (job) => <Result job={job} /> },
  { id: 'next', name: 'Next run', width: 6, cell: ({ state, next_run_at }) => (waits(state) ? maybe(next_run_at) : NOTHING) },
]

export const USUAL = ['job', 'state', 'attempts', 'queue', 'tags', 'created', 'finished', 'run', 'result']

const maybe = (at: string | null) => (at === null ? NOTHING : <Time at={at} />)

const waits = (state: Job['state']) => state === 'pending' || state === 'failed'

function Name({ job }: { job: Job }) {
  return (
    <Link
      href={`/jobs/${encodeURIComponent(job.id)}`}
      data-open=""
      title={visible(job.command.slice(0, 1000))}
      className="block min-w-0 rounded-sm hover:underline"
    >
      <span className="block truncate font-mono text-sm">{visible(job.command.slice(0, 500))}</span>
      <span className="muted block truncate text-xs">{job.id}</span>
    </Link>
  )
}

function Chip({ text, title, act }: { text: string; title: string; act: () => void }) {
  return (
    <button
      type="button"
      title={title}
      onClick={act}
      className="mr-1 max-w-full truncate rounded bg-stone-100 px-1.5 py-0.5 align-middle text-xs text-stone-800 hover:bg-stone-200 dark:bg-stone-800 dark:text-stone-200 dark:hover:bg-stone-700"
    >
      {visible(text)}
    </button>
  )
}

/** From when it was due to its start; only where it is known: at its first attempt. */
function Wait({ job }: { job: Job }) {
  const due = job.run_at ?? job.created_at
  const next = job.next_run_at ?? due
  const isDue = useNow((now) => Date.parse(next) <= now)
  if (job.state === 'pending') return isDue ? <Elapsed since={next} /> : NOTHING
  if (job.started_at === null || job.attempts !== 1 || job.started_at < due) return NOTHING
  return <span className="tabular-nums">{duration(between(due, job.started_at))}</span>
}

export function RunTime({ job }: { job: Job }) {
  if (job.started_at === null || waits(job.state)) return NOTHING
  if (job.state === 'processing') return <Elapsed since={job.started_at} />
  if (job.finished_at === null || job.worker === null) return NOTHING
  return <span className="tabular-nums">{duration(between(job.started_at, job.finished_at))}</span>
}

export function Result({ job }: { job: Job }) {
  if (job.error !== null && job.state !== 'completed') {
    const [error, line] = [visible(job.error), visible(lastLine(job))]
    return (
      <span title={line === '' ? error : `${error}\n${line}`} className="block min-w-0">
        <span className={`block truncate ${job.state === 'cancelled' ? 'muted' : 'text-red-700 dark:text-red-400'}`}>{error}</span>
        {line !== '' && <span className="muted block truncate text-xs">{line}</span>}
      </span>
    )
  }
  return job.exit_code === null ? NOTHING : <span className="muted tabular-nums">exit {job.exit_code}</span>
}
