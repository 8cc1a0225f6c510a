import { useEffect, useRef } from 'react'
import type { JobWithHistory } from '../../api/client'
import { many } from '../../components/numbers'
import { STATE_COLOURS } from '../../components/StateBadge'
import { between, duration, exact, useNow } from '../../components/time'
import { OUTCOME_COLOURS, outcome } from './outcome'
import { room, way, type Step } from './way'

const MOST_STEPS = 36

const KINDS: Record<Exclude<Step['kind'], 'run'>, { name: string; look: string }> = {
  delay: { name: 'Delayed', look: 'border-t-2 border-dotted border-stone-400' },
  wait: { name: 'Waited', look: 'bg-amber-400/70 dark:bg-amber-500/60 h-1.5 rounded-full' },
  backoff: { name: 'Backoff', look: 'border-t-2 border-dashed border-fuchsia-500' },
  rest: { name: 'Rested', look: 'border-t-2 border-dotted border-stone-400' },
}

interface Props {
  job: JobWithHistory
  chosen: number | undefined
  choose: (attempt: number) => void
}

/** A job's way through the states, as a picture; each attempt can be chosen. */
export function Timeline({ job, chosen, choose }: Props) {
  const now = useNow((milliseconds) => milliseconds)
  const steps = way(job, now)
  const shown = steps.slice(-MOST_STEPS)
  const earlier = job.history.length - shown.filter(({ kind }) => kind === 'run').length
  const picture = useRef<HTMLOListElement>(null)
  useEffect(() => {
    if (picture.current) picture.current.scrollLeft = picture.current.scrollWidth
  }, [shown.length])
  const ended = job.finished_at !== null && ['completed', 'dead', 'cancelled'].includes(job.state)
  return (
    <ol ref={picture} aria-label="Timeline" className="flex items-start overflow-x-auto px-4 pt-4 pb-3 text-xs" tabIndex={0}>
      <Point colour="bg-stone-500" name={earlier > 0 ? many(earlier, 'earlier attempt') : 'enqueued'} title={exact(job.created_at)} />
      {shown.map((step) => (
        <li
          key={`${step.kind} ${step.from}`}
          data-step={step.kind}
          style={{ flexGrow: room(step.seconds), flexBasis: 0 }}
          className={`px-0.5 text-center ${step.open && !step.attempt ? 'min-w-40' : 'min-w-18'}`}
        >
          {step.attempt ? (
            <Run step={step} attempt={step.attempt} chosen={chosen === step.attempt.number} choose={choose} now={now} />
          ) : (
            <Between step={step} now={now} />
          )}
        </li>
      ))}
      {ended && <Point colour={STATE_COLOURS[job.state]} name={job.state} title={exact(job.finished_at ?? '')} />}
    </ol>
  )
}

function Point({ colour, name, title }: { colour: string; name: string; title: string }) {
  return (
    <li title={title} className="flex min-w-16 shrink-0 flex-col items-center px-1">
      <span className="flex h-6 items-center">
        <span className={`size-3 rounded-full ${colour}`} />
      </span>
      <span className="text-center">{name}</span>
    </li>
  )
}

function Between({ step, now }: { step: Step; now: number }) {
  const { name, look } = KINDS[step.kind as keyof typeof KINDS]
  const left = step.open && step.to !== null ? between(new Date(now).toISOString(), step.to) : undefined
  return (
    <span title={told(name, step)}>
      <span className="flex h-6 items-center">
        <span className={`w-full ${step.open ? 'opacity-70' : ''} ${look}`} />
      </span>
      <span className="block whitespace-nowrap">{duration(rounded(step))}</span>
      <span className="muted block whitespace-nowrap">
        {left === undefined ? (step.open ? 'waits' : name.toLowerCase()) : `${step.kind === 'delay' ? 'first' : 'next'} attempt in ${duration(Math.ceil(left))}`}
      </span>
    </span>
  )
}

interface RunProps extends Pick<Props, 'choose'> {
  step: Step
  attempt: NonNullable<Step['attempt']>
  chosen: boolean
  now: number
}

function Run({ step, attempt, chosen, choose }: RunProps) {
  return (
    <button
      type="button"
      aria-pressed={chosen}
      title={`${told(`Attempt ${attempt.number}`, step)}\n${outcome(attempt)}\non ${attempt.worker}`}
      onClick={() => choose(attempt.number)}
      className="group w-full rounded"
    >
      <span className="flex h-6 items-center">
        <span
          className={`h-5 w-full rounded ${OUTCOME_COLOURS[attempt.state]} ${step.open ? 'animate-pulse' : ''} ${chosen ? 'outline-2 outline-offset-2 outline-stone-900 dark:outline-stone-100' : 'group-hover:opacity-80'}`}
        />
      </span>
      <span className="block whitespace-nowrap">
        <span className="font-semibold">{attempt.number}</span> · {duration(rounded(step))}
      </span>
      <span className="muted mx-auto block max-w-40 truncate">{outcome(attempt)}</span>
    </button>
  )
}

/** What goes on is told in whole seconds. */
const rounded = ({ seconds, open, to }: Step) => (open && to === null ? Math.floor(seconds) : seconds)

const told = (name: string, { from, to, seconds }: Step) =>
  `${name}: ${duration(seconds)}\nfrom ${exact(from)}\n${to === null ? 'goes on' : `to ${exact(to)}`}`
