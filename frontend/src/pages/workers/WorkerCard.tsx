import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { Worker } from '../../api/client'
import { Gauge } from '../../components/Gauge'
import { bytes } from '../../components/numbers'
import { Elapsed } from '../../components/Time'
import { visible } from '../../components/visible'

const MOST_SHOWN = 8

interface Props {
  worker: Worker
  /** Of the level that fits where it stands. */
  heading: 'h2' | 'h3'
  children?: ReactNode
}

/** A worker: its slots, and what it runs right now. */
export function WorkerCard({ worker, heading: Heading, children }: Props) {
  const { id, busy, slots, draining, running } = worker
  return (
    <li className="card min-w-0 space-y-3 p-4" data-worker={id}>
      <div className="flex items-center gap-3">
        <div className="min-w-0 flex-1">
          <Heading className="truncate text-sm font-medium" title={id}>
            {id}
          </Heading>
          <p className="muted text-xs tabular-nums">
            {busy} of {slots} slots{draining && ' · draining: takes nothing new'}
          </p>
        </div>
        <div className="w-24">
          <Gauge used={busy} of={slots} label={`Slots of ${id} in use`} />
        </div>
      </div>
      {children}
      {running.length === 0 ? (
        <p className="muted text-sm">{draining ? 'Drained.' : 'Idle.'}</p>
      ) : (
        <ul className="space-y-1.5">
          {running.slice(0, MOST_SHOWN).map((job) => (
            <li key={job.id} className="flex items-baseline justify-between gap-3 text-sm">
              <Link href={`/jobs/${job.id}`} className="min-w-0 truncate font-mono text-[13px] hover:underline" title={visible(job.command)}>
                {visible(job.command)}
              </Link>
              <span className="muted shrink-0 text-xs tabular-nums">
                {job.usage && `${job.usage.cpu.toFixed(1)} CPU · ${bytes(job.usage.memory_bytes)} · `}
                <Elapsed since={job.started_at} />
              </span>
            </li>
          ))}
          {running.length > MOST_SHOWN && (
            <li className="muted text-xs">
              <Link href={`/jobs?q=${encodeURIComponent(`state:processing worker:${id}`)}`} className="underline">
                and {running.length - MOST_SHOWN} more
              </Link>
            </li>
          )}
        </ul>
      )}
    </li>
  )
}
