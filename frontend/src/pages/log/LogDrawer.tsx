import { useEffect, useLayoutEffect, useRef, useState } from 'react'
import type { JobWithHistory } from '../../api/client'
import { useJob } from '../../api/jobs'
import { Button } from '../../components/Button'
import { StateBadge } from '../../components/StateBadge'
import { Line } from './Line'
import { shown } from './lines'
import { useLog, type Log } from './useLog'

/** The output of a job's attempts, live while it runs. */
export function LogDrawer({ id, close }: { id: string; close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null)
  const { data: job, error } = useJob(id)
  const [attempt, setAttempt] = useState<number>()
  useEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog
      ref={dialog}
      aria-label={`Log of ${id}`}
      onClose={close}
      className="m-0 ml-auto flex h-dvh max-h-none w-full max-w-4xl flex-col bg-white text-stone-900 shadow-2xl dark:bg-stone-900 dark:text-stone-100"
    >
      <header className="flex items-start gap-3 border-b border-stone-200 p-4 dark:border-stone-800">
        <div className="min-w-0 flex-1">
          <h2 className="truncate font-mono text-sm font-semibold" title={job?.command}>
            {job?.command ?? id}
          </h2>
          <p className="mt-1 flex flex-wrap gap-x-3 text-xs text-stone-600 dark:text-stone-400">
            <span className="break-all">{id}</span>
            {job && <StateBadge state={job.state} cancelling={job.cancelling} />}
            {job?.error && <span>{job.error}</span>}
            {error && <span role="alert">{error.message}</span>}
          </p>
        </div>
        <Button onClick={() => dialog.current?.close()}>Close</Button>
      </header>
      {job && job.history.length > 0 && <Attempts job={job} chosen={attempt} choose={setAttempt} />}
      <Output key={attempt} id={id} attempt={attempt} />
    </dialog>
  )
}

function Attempts(props: { job: JobWithHistory; chosen: number | undefined; choose: (number?: number) => void }) {
  const { job, chosen, choose } = props
  const link = `/api/logs/${encodeURIComponent(job.id)}${chosen === undefined ? '' : `?attempt=${chosen}`}`
  return (
    <div className="flex items-center gap-2 border-b border-stone-200 px-4 py-2 text-xs dark:border-stone-800">
      <label className="flex items-center gap-2">
        Attempt
        <select
          value={chosen ?? ''}
          onChange={(event) => choose(event.target.value ? Number(event.target.value) : undefined)}
          className="rounded-md border border-stone-300 bg-white px-2 py-1 dark:border-stone-700 dark:bg-stone-900"
        >
          <option value="">latest</option>
          {job.history.map(({ number, state, error }) => (
            <option key={number} value={number}>
              {number}: {error ?? state}
            </option>
          ))}
        </select>
      </label>
      <a href={link} target="_blank" rel="noreferrer" className="ml-auto text-indigo-700 underline dark:text-indigo-400">
        Whole output
      </a>
    </div>
  )
}

function Output({ id, attempt }: { id: string; attempt: number | undefined }) {
  const log = useLog(id, attempt)
  const box = useRef<HTMLDivElement>(null)
  const [following, setFollowing] = useState(true)
  useLayoutEffect(() => {
    if (following && box.current) box.current.scrollTop = box.current.scrollHeight
  }, [log, following])
  const { lines } = log
  return (
    <div
      ref={box}
      tabIndex={0}
      role="log"
      aria-label="Output"
      onScroll={({ currentTarget: { scrollTop, clientHeight, scrollHeight } }) =>
        setFollowing(scrollTop + clientHeight >= scrollHeight - 40)
      }
      className="flex-1 overflow-y-auto bg-stone-950 py-3 font-mono text-[13px] leading-5 text-stone-100"
    >
      {lines.dropped > 0 && (
        <p className="px-4 pb-2 text-stone-400">… earlier lines are in the whole output</p>
      )}
      {lines.ended.map((text, line) => (
        <Line key={lines.dropped + line} text={text} />
      ))}
      {lines.open !== '' && <Line text={shown(lines.open)} />}
      <p className="px-4 pt-2 text-stone-400" role="status">
        {ending(log)}
      </p>
    </div>
  )
}

function ending({ lines, state, reason }: Log): string {
  if (state === 'broken') return `The log cannot be read: ${reason}`
  if (state === 'reading') return 'Following…'
  return lines.ended.length === 0 && lines.open === '' ? 'Nothing was printed.' : ''
}
