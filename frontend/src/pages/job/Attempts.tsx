import { useState } from 'react'
import type { Attempt, JobWithHistory } from '../../api/client'
import { Button } from '../../components/Button'
import { formatBytes, formatNumber } from '../../components/numbers'
import { Elapsed, Time } from '../../components/Time'
import { secondsBetween, formatDuration } from '../../components/timeFormat'
import { OUTCOME_COLOURS, outcome } from './outcome'

const MAX_SHOWN = 20

interface Props {
  job: JobWithHistory
  selected: number | undefined
  onSelect: (attempt: number) => void
}

/** All attempts of a job, latest first. */
export function Attempts({ job, selected, onSelect }: Props) {
  const [all, setAll] = useState(false)
  const attempts = job.history.toReversed()
  const hidden = all ? 0 : attempts.length - MAX_SHOWN
  return (
    <div className="overflow-x-auto border-t">
      <table className="w-full text-sm">
        <thead className="muted text-left text-xs">
          <tr>
            {['Attempt', 'Outcome', 'Started', 'Wait time', 'Run time', 'CPU time', 'Peak memory', 'Output', 'Worker'].map((name) => (
              <th key={name} scope="col" className="px-4 py-2 font-medium whitespace-nowrap">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="divide-y">
          {attempts.slice(0, attempts.length - Math.max(0, hidden)).map((attempt) => (
            <Row key={attempt.number} attempt={attempt} selected={attempt.number === selected} onSelect={onSelect} />
          ))}
        </tbody>
      </table>
      {hidden > 0 && (
        <p className="px-4 py-2">
          <Button onClick={() => setAll(true)}>Show {formatNumber(hidden)} earlier attempts</Button>
        </p>
      )}
    </div>
  )
}

function Row({ attempt, selected, onSelect }: { attempt: Attempt; selected: boolean; onSelect: (attempt: number) => void }) {
  const { number, started_at, ended_at, due_at, cpu_seconds, memory_bytes, output_bytes, worker, note } = attempt
  return (
    <tr data-attempt={number} className={`border-inherit tabular-nums ${selected ? 'bg-indigo-50 dark:bg-indigo-950/50' : ''}`}>
      <td className="px-4 py-1.5">
        <Button aria-pressed={selected} title={`Show the output of attempt ${number}`} onClick={() => onSelect(number)}>
          {number}
        </Button>
      </td>
      <td className="min-w-44 px-4 py-1.5">
        <span className="flex items-center gap-2">
          <span className={`size-2 shrink-0 rounded-full ${OUTCOME_COLOURS[attempt.state]}`} />
          {outcome(attempt)}
        </span>
        {note && <span className="muted block pl-4 text-xs">{note}</span>}
      </td>
      <td className="px-4 py-1.5">
        <Time at={started_at} />
      </td>
      <td className="px-4 py-1.5 whitespace-nowrap">{due_at ? formatDuration(Math.max(0, secondsBetween(due_at, started_at))) : '–'}</td>
      <td className="px-4 py-1.5 whitespace-nowrap">
        {ended_at ? formatDuration(secondsBetween(started_at, ended_at)) : <Elapsed since={started_at} />}
      </td>
      <td className="px-4 py-1.5 whitespace-nowrap">{cpu_seconds === null ? '–' : formatDuration(cpu_seconds)}</td>
      <td className="px-4 py-1.5 whitespace-nowrap">{memory_bytes === null ? '–' : formatBytes(memory_bytes)}</td>
      <td className="px-4 py-1.5 whitespace-nowrap">{output_bytes === null ? '–' : formatBytes(output_bytes)}</td>
      <td className="px-4 py-1.5 whitespace-nowrap">{worker}</td>
    </tr>
  )
}
