import { useState } from 'react'
import type { Job } from '../../api/client'
import { useAction, type Action } from '../../api/jobs'
import { Button } from '../../components/Button'
import { Confirm } from '../../components/Confirm'
import { StateBadge } from '../../components/StateBadge'
import { Time } from '../../components/Time'
import type { SetView } from '../../view'

const RETRIABLE = new Set<Job['state']>(['dead', 'cancelled', 'failed'])
const CANCELLABLE = new Set<Job['state']>(['pending', 'failed', 'processing'])

const HEAD = 'px-4 py-2.5 font-medium'
const CELL = 'px-4 py-2.5 align-top'
const WIDE = 'hidden lg:table-cell'

export function JobTable({ jobs, setView }: { jobs: Job[]; setView: SetView }) {
  const [doomed, setDoomed] = useState<Job>()
  const { mutate } = useAction()
  const act = (action: Action, { id, state }: Job) => mutate({ action, id, state })
  return (
    <>
      <table className="w-full table-fixed text-sm">
        <thead className="hidden border-b border-stone-200 text-left text-xs text-stone-600 md:table-header-group dark:border-stone-800 dark:text-stone-400">
          <tr>
            <th className={HEAD}>Job</th>
            <th className={`${HEAD} w-32`}>State</th>
            <th className={`${HEAD} ${WIDE} w-24`}>Attempts</th>
            <th className={`${HEAD} ${WIDE} w-28`}>Queue</th>
            <th className={`${HEAD} ${WIDE} w-28`}>Created</th>
            <th className={`${HEAD} ${WIDE} w-28`}>Updated</th>
            <th className={`${HEAD} w-80 text-right`}>Actions</th>
          </tr>
        </thead>
        <tbody className="divide-y divide-stone-100 dark:divide-stone-800">
          {jobs.map((job) => (
            <tr
              key={job.id}
              data-job={job.id}
              className="grid grid-cols-[1fr_auto] md:table-row hover:bg-stone-50 dark:hover:bg-stone-800/40"
            >
              <td className={`${CELL} min-w-0`}>
                <p className="truncate font-mono text-[13px]" title={job.command}>
                  {job.command}
                </p>
                <p className="mt-0.5 truncate text-xs text-stone-600 dark:text-stone-400">
                  {job.id}
                  {job.tags.map((tag) => ` #${tag}`).join('')}
                </p>
                {job.state === 'pending' && job.next_run_at && job.next_run_at > job.updated_at && (
                  <p className="mt-0.5 text-xs text-stone-600 dark:text-stone-400">
                    due <Time at={job.next_run_at} />
                  </p>
                )}
                {job.error && job.state !== 'completed' && (
                  <p className="mt-0.5 truncate text-xs text-red-700 dark:text-red-400" title={job.error}>
                    {job.error}
                    {job.state === 'failed' && job.next_run_at && (
                      <>
                        {' · next attempt '}
                        <Time at={job.next_run_at} />
                      </>
                    )}
                  </p>
                )}
              </td>
              <td className={CELL}>
                <StateBadge state={job.state} cancelling={job.cancelling} />
              </td>
              <td className={`${CELL} ${WIDE} tabular-nums`} title="Made so far, and how many there may be">
                {job.attempts} of {job.max_retries + 1}
              </td>
              <td className={`${CELL} ${WIDE} truncate`}>{job.queue}</td>
              <td className={`${CELL} ${WIDE}`}>
                <Time at={job.created_at} />
              </td>
              <td className={`${CELL} ${WIDE}`}>
                <Time at={job.updated_at} />
              </td>
              <td className={`${CELL} col-span-2 pt-0 md:pt-2`}>
                <div className="flex flex-wrap gap-1.5 md:justify-end">
                  <Button aria-label={`View log of ${job.id}`} onClick={() => setView({ log: job.id })}>
                    View Log
                  </Button>
                  {RETRIABLE.has(job.state) && (
                    <Button aria-label={`Retry ${job.id}`} onClick={() => act('retry', job)}>
                      Retry
                    </Button>
                  )}
                  {CANCELLABLE.has(job.state) && (
                    <Button
                      aria-label={`Cancel ${job.id}`}
                      disabled={job.cancelling}
                      onClick={() => act('cancel', job)}
                    >
                      Cancel
                    </Button>
                  )}
                  <Button kind="danger" aria-label={`Delete ${job.id}`} onClick={() => setDoomed(job)}>
                    Delete
                  </Button>
                </div>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {doomed && (
        <Confirm
          title={`Delete ${doomed.id}?`}
          text={
            doomed.state === 'processing'
              ? 'It runs now: it is stopped, and deleted with its history and logs. This cannot be undone.'
              : 'Its history and logs are deleted with it. This cannot be undone.'
          }
          action="Delete"
          confirmed={() => act('delete', doomed)}
          close={() => setDoomed(undefined)}
        />
      )}
    </>
  )
}
