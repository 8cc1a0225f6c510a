import { useEffect, useRef } from 'react'
import type { JobWithHistory } from '../../api/client'
import { plural } from '../../components/numbers'
import { STATE_COLOURS } from '../../jobs/StateBadge'
import { secondsBetween, formatDuration, formatExact } from '../../components/timeFormat'
import { useNow } from '../../components/useNow'
import { OUTCOME_COLOURS, outcome } from './outcome'
import { relativeWidth, timelineSteps, type Step } from './timelineSteps'

const MAX_STEPS = 36

const STYLES: Record<Exclude<Step['kind'], 'run'>, { name: string; className: string }> = {
  delay: { name: 'Delayed', className: 'border-t-2 border-dotted border-stone-400' },
  wait: { name: 'Waited', className: 'bg-amber-400/70 dark:bg-amber-500/60 h-1.5 rounded-full' },
  backoff: { name: 'Backoff', className: 'border-t-2 border-dashed border-fuchsia-500' },
  idle: { name: 'Idle', className: 'border-t-2 border-dotted border-stone-400' },
}

interface Props {
  job: JobWithHistory
  selected: number | undefined
  onSelect: (attempt: number) => void
}

/** A job's states over time; attempts can be selected. */
export function Timeline({ job, selected, onSelect }: Props) {
  const now = useNow((milliseconds) => milliseconds)
  const steps = timelineSteps(job, now)
  const shown = steps.slice(-MAX_STEPS)
  const earlier = job.history.length - shown.filter(({ kind }) => kind === 'run').length
  const list = useRef<HTMLOListElement>(null)
  useEffect(() => {
    if (list.current) list.current.scrollLeft = list.current.scrollWidth
  }, [shown.length])
  const ended = job.finished_at !== null && ['completed', 'dead', 'cancelled'].includes(job.state)
  return (
    <ol ref={list} aria-label="Timeline" className="flex items-start overflow-x-auto px-4 pt-4 pb-3 text-xs" tabIndex={0}>
      <Endpoint colour="bg-stone-500" name={earlier > 0 ? plural(earlier, 'earlier attempt') : 'enqueued'} title={formatExact(job.created_at)} />
      {shown.map((step) => (
        <li
          key={`${step.kind} ${step.from}`}
          data-step={step.kind}
          style={{ flexGrow: relativeWidth(step.seconds), flexBasis: 0 }}
          className={`px-0.5 text-center ${step.open && !step.attempt ? 'min-w-40' : 'min-w-18'}`}
        >
          {step.attempt ? (
            <Run step={step} attempt={step.attempt} selected={selected === step.attempt.number} onSelect={onSelect} now={now} />
          ) : (
            <Gap step={step} now={now} />
          )}
        </li>
      ))}
      {ended && <Endpoint colour={STATE_COLOURS[job.state]} name={job.state} title={formatExact(job.finished_at ?? '')} />}
    </ol>
  )
}

function Endpoint({ colour, name, title }: { colour: string; name: string; title: string }) {
  return (
    <li title={title} className="flex min-w-16 shrink-0 flex-col items-center px-1">
      <span className="flex h-6 items-center">
        <span className={`size-3 rounded-full ${colour}`} />
      </span>
      <span className="text-center">{name}</span>
    </li>
  )
}

function Gap({ step, now }: { step: Step; now: number }) {
  const { name, className } = STYLES[step.kind as keyof typeof STYLES]
  const left = step.open && step.to !== null ? secondsBetween(new Date(now).toISOString(), step.to) : undefined
  return (
    <span title={tooltip(name, step)}>
      <span className="flex h-6 items-center">
        <span className={`w-full ${step.open ? 'opacity-70' : ''} ${className}`} />
      </span>
      <span className="block whitespace-nowrap">{formatDuration(rounded(step))}</span>
      <span className="muted block whitespace-nowrap">
        {left === undefined ? (step.open ? 'waiting' : name.toLowerCase()) : `${step.kind === 'delay' ? 'first' : 'next'} attempt in ${formatDuration(Math.ceil(left))}`}
      </span>
    </span>
  )
}

interface RunProps extends Pick<Props, 'onSelect'> {
  step: Step
  attempt: NonNullable<Step['attempt']>
  selected: boolean
  now: number
}

function Run({ step, attempt, selected, onSelect }: RunProps) {
  return (
    <button
      type="button"
      aria-pressed={selected}
      title={`${tooltip(`Attempt ${attempt.number}`, step)}\n${outcome(attempt)}\non ${attempt.worker}`}
      onClick={() => onSelect(attempt.number)}
      className="group w-full rounded"
    >
      <span className="flex h-6 items-center">
        <span
          className={`h-5 w-full rounded ${OUTCOME_COLOURS[attempt.state]} ${step.open ? 'animate-pulse' : ''} ${selected ? 'outline-2 outline-offset-2 outline-stone-900 dark:outline-stone-100' : 'group-hover:opacity-80'}`}
        />
      </span>
      <span className="block whitespace-nowrap">
        <span className="font-semibold">{attempt.number}</span> · {formatDuration(rounded(step))}
      </span>
      <span className="muted mx-auto block max-w-40 truncate">{outcome(attempt)}</span>
    </button>
  )
}

/** Ongoing steps show whole seconds. */
const rounded = ({ seconds, open, to }: Step) => (open && to === null ? Math.floor(seconds) : seconds)

const tooltip = (name: string, { from, to, seconds }: Step) =>
  `${name}: ${formatDuration(seconds)}\nfrom ${formatExact(from)}\n${to === null ? 'ongoing' : `to ${formatExact(to)}`}`
