import { memo } from 'react'
import { Link } from 'wouter'
import type { Action } from '../../jobs/useJobActions'
import type { DeadGroup, Job } from '../../api/client'
import { Button } from '../../components/Button'
import { lastLine } from '../../jobs/lastLine'
import { formatNumber } from '../../components/numbers'
import { ErrorState, Loading } from '../../components/Placeholders'
import { Time } from '../../components/Time'
import { escapeHidden } from '../../components/escapeHidden'
import { withExplicitTimes, withFilter } from '../../search/query'
import { jobsUrl } from '../jobs/useJobsUrl'
import { useGroupJobs } from './useFailureGroups'

interface Props {
  group: DeadGroup
  /** The search text. */
  text: string
  /** Its size relative to the largest group. */
  fraction: number
  selected: boolean
  onSelect: (failure: string) => void
  open: boolean
  onToggle: (failure: string) => void
  current: boolean
  /** undefined: no actions are offered. */
  act: ((action: Action, group: DeadGroup) => void) | undefined
}

/** A row for dead jobs with the same failure. */
export const FailureGroup = memo(function FailureGroup({ group, text, fraction, selected, onSelect, open, onToggle, current, act }: Props) {
  const { failure, count, queues, first_at, last_at, newest } = group
  const [command, error] = [escapeHidden(group.command), escapeHidden(group.error)]
  return (
    <li
      data-failure={failure}
      data-current={current || undefined}
      data-selected={selected || undefined}
      className="group border-b last:border-b-0"
    >
      <div className="flex items-start gap-3 px-3 py-3 group-data-current:inset-ring-2 group-data-current:inset-ring-indigo-500 group-data-selected:bg-indigo-50 dark:group-data-selected:bg-indigo-950/60">
        {act && (
          <input
            type="checkbox"
            aria-label={`Select ${command}: ${error}`}
            checked={selected}
            onChange={() => onSelect(failure)}
            className="mt-1 size-4 shrink-0 accent-indigo-600"
          />
        )}
        <div className="grid min-w-0 flex-1 gap-x-6 gap-y-2 md:grid-cols-[minmax(0,1fr)_10rem_13rem_auto] md:items-center">
          <button
            type="button"
            data-open=""
            aria-expanded={open}
            onClick={() => onToggle(failure)}
            className="min-w-0 rounded-sm text-left"
          >
            <span title={command} className="flex gap-2 font-mono text-sm">
              <span aria-hidden="true" className="muted">
                {open ? '▾' : '▸'}
              </span>
              <span className="truncate">{command}</span>
            </span>
            <span title={error} className="mt-0.5 block truncate pl-5 text-sm text-red-700 dark:text-red-400">
              {error}
            </span>
          </button>
          <CountBar count={count} fraction={fraction} />
          <p className="muted text-xs">
            <span className="block truncate" title={queues.join(', ')}>
              {queues.join(', ')}
            </span>
            <Time at={first_at} /> to{' '}
            <Link href={`/jobs/${encodeURIComponent(newest)}`} title={`Newest: ${newest}`} className="underline">
              <Time at={last_at} />
            </Link>
          </p>
          {act && (
            <div className="flex gap-1.5">
              <Button onClick={() => act('retry', group)}>Retry</Button>
              <Button variant="danger" onClick={() => act('delete', group)}>
                Purge
              </Button>
            </div>
          )}
        </div>
      </div>
      {open && <GroupJobs group={group} text={text} />}
    </li>
  )
})

function CountBar({ count, fraction }: { count: number; fraction: number }) {
  return (
    <div>
      <p className="text-sm font-medium tabular-nums">{formatNumber(count)}</p>
      <div className="mt-1 h-1.5 rounded-full bg-stone-200 dark:bg-stone-800">
        <div className="h-full min-w-1.5 rounded-full bg-red-600" style={{ width: `${fraction * 100}%` }} />
      </div>
    </div>
  )
}

function LastLine({ job }: { job: Job }) {
  const line = escapeHidden(lastLine(job))
  if (line === '') return null
  return (
    <span title={line} className="muted block truncate font-mono text-xs">
      {line}
    </span>
  )
}

const MAX_SHOWN = 20

/** The latest jobs of a group, with a link to all of them. */
function GroupJobs({ group: { failure, count }, text }: { group: DeadGroup; text: string }) {
  const { data, error, refetch } = useGroupJobs(failure, text, MAX_SHOWN)
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />
  if (!data) return <Loading rows={3} />
  return (
    <div className="border-t bg-stone-50 py-2 dark:bg-stone-950/40">
      <ul>
        {data.map((job) => (
          <li key={job.id} data-job={job.id}>
            <Link
              href={`/jobs/${encodeURIComponent(job.id)}`}
              className="block py-1 pr-4 pl-12 text-sm hover:bg-stone-100 dark:hover:bg-stone-800/50"
            >
              <span className="flex items-baseline gap-4">
                <span title={escapeHidden(job.command.slice(0, 1000))} className="min-w-0 flex-1 truncate font-mono">
                  {escapeHidden(job.command.slice(0, 500))}
                </span>
                <span className="muted truncate text-xs max-md:hidden">{job.id}</span>
                <span className="muted text-xs">{job.finished_at && <Time at={job.finished_at} />}</span>
              </span>
              <LastLine job={job} />
            </Link>
          </li>
        ))}
      </ul>
      <Link
        href={jobsUrl(withFilter(`state:dead ${withExplicitTimes(text, 'died')}`, 'failure', failure), '-finished_at')}
        className="mt-1 inline-block py-1 pl-12 text-sm underline"
      >
        {count > MAX_SHOWN ? `Show all ${formatNumber(count)} in the job list` : 'Show in the job list'}
      </Link>
    </div>
  )
}
