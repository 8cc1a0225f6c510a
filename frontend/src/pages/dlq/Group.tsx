import { memo } from 'react'
import { Link } from 'wouter'
import type { Action } from '../../api/actions'
import type { DeadGroup, Job } from '../../api/client'
import { Button } from '../../components/Button'
import { lastLine } from '../../components/lastLine'
import { whole } from '../../components/numbers'
import { Failed, Loading } from '../../components/States'
import { Time } from '../../components/Time'
import { visible } from '../../components/visible'
import { having } from '../../search/query'
import { addressOf } from '../jobs/useAddress'
import { useJobsOf } from './useGroups'

interface Props {
  group: DeadGroup
  /** What is searched for. */
  text: string
  /** How large it is, of the largest. */
  share: number
  chosen: boolean
  choose: (failure: string) => void
  open: boolean
  toggle: (failure: string) => void
  current: boolean
  /** undefined: nothing can be done with it. */
  act: ((action: Action, group: DeadGroup) => void) | undefined
}

/** Dead jobs with one cause, as one row. */
export const Group = memo(function Group({ group, text, share, chosen, choose, open, toggle, current, act }: Props) {
  const { failure, count, queues, first_at, last_at, newest } = group
  const [command, error] = [visible(group.command), visible(group.error)]
  return (
    <li
      data-failure={failure}
      data-current={current || undefined}
      data-selected={chosen || undefined}
      className="group border-b last:border-b-0"
    >
      <div className="flex items-start gap-3 px-3 py-3 group-data-current:inset-ring-2 group-data-current:inset-ring-indigo-500 group-data-selected:bg-indigo-50 dark:group-data-selected:bg-indigo-950/60">
        {act && (
          <input
            type="checkbox"
            aria-label={`Select ${command}: ${error}`}
            checked={chosen}
            onChange={() => choose(failure)}
            className="mt-1 size-4 shrink-0 accent-indigo-600"
          />
        )}
        <div className="grid min-w-0 flex-1 gap-x-6 gap-y-2 md:grid-cols-[minmax(0,1fr)_10rem_13rem_auto] md:items-center">
          <button
            type="button"
            data-open=""
            aria-expanded={open}
            onClick={() => toggle(failure)}
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
          <Share count={count} share={share} />
          <p className="muted text-xs">
            <span className="block truncate" title={queues.join(', ')}>
              {queues.join(', ')}
            </span>
            <Time at={first_at} /> to{' '}
            <Link href={`/jobs/${encodeURIComponent(newest)}`} title={`The newest: ${newest}`} className="underline">
              <Time at={last_at} />
            </Link>
          </p>
          {act && (
            <div className="flex gap-1.5">
              <Button onClick={() => act('retry', group)}>Retry</Button>
              <Button kind="danger" onClick={() => act('delete', group)}>
                Purge
              </Button>
            </div>
          )}
        </div>
      </div>
      {open && <JobsOf group={group} text={text} />}
    </li>
  )
})

function Share({ count, share }: { count: number; share: number }) {
  return (
    <div>
      <p className="text-sm font-medium tabular-nums">{whole(count)}</p>
      <div className="mt-1 h-1.5 rounded-full bg-stone-200 dark:bg-stone-800">
        <div className="h-full min-w-1.5 rounded-full bg-red-600" style={{ width: `${share * 100}%` }} />
      </div>
    </div>
  )
}

function LastLine({ job }: { job: Job }) {
  const line = visible(lastLine(job))
  if (line === '') return null
  return (
    <span title={line} className="muted block truncate font-mono text-xs">
      {line}
    </span>
  )
}

const SHOWN = 20

/** The jobs of a group that died last, and the way to all of them. */
function JobsOf({ group: { failure, count }, text }: { group: DeadGroup; text: string }) {
  const { data, error, refetch } = useJobsOf(failure, text, SHOWN)
  if (error) return <Failed error={error} again={() => void refetch()} />
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
                <span title={visible(job.command.slice(0, 1000))} className="min-w-0 flex-1 truncate font-mono">
                  {visible(job.command.slice(0, 500))}
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
        href={addressOf(having(text === '' ? 'state:dead' : `state:dead ${text}`, 'failure', failure))}
        className="mt-1 inline-block py-1 pl-12 text-sm underline"
      >
        {count > SHOWN ? `All ${whole(count)} in the list of jobs` : 'Show them in the list of jobs'}
      </Link>
    </div>
  )
}
