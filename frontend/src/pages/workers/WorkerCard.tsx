import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { Worker } from '../../api/client'
import { Gauge } from '../../components/Gauge'
import { formatBytes } from '../../components/numbers'
import { Elapsed } from '../../components/Time'
import { escapeHidden } from '../../components/escapeHidden'

const MAX_SHOWN = 8

interface Props {
  worker: Worker
  /** The heading level that fits the surrounding page. */
  heading: 'h2' | 'h3'
  children?: ReactNode
}

/** A worker with its slots and running jobs. */
export function WorkerCard({ worker, heading: Heading, children }: Props) {
  const { id, busy, slots, draining, holding_still, running } = worker
  return (
    <li className="card min-w-0 space-y-3 p-4" data-worker={id}>
      <div className="flex items-center gap-3">
        <div className="min-w-0 flex-1">
          <Heading className="truncate text-sm font-medium" title={id}>
            {id}
          </Heading>
          <p className="muted text-xs tabular-nums">
            {busy} of {slots} slots{draining && ' · draining: starts no new jobs'}
          </p>
        </div>
        <div className="w-24">
          <Gauge used={busy} total={slots} label={`Slots of ${id} in use`} />
        </div>
      </div>
      {children}
      {holding_still !== null && <p className="text-sm wrap-anywhere text-amber-800 dark:text-amber-300">Unavailable: {escapeHidden(holding_still)}</p>}
      {running.length === 0 ? (
        <p className="muted text-sm">{draining ? 'Drained.' : 'Idle.'}</p>
      ) : (
        <ul className="space-y-1.5">
          {running.slice(0, MAX_SHOWN).map((job) => (
            <li key={job.id} className="flex items-baseline justify-between gap-3 text-sm">
              <Link href={`/jobs/${job.id}`} className="min-w-0 truncate font-mono text-[13px] hover:underline" title={escapeHidden(job.command)}>
                {escapeHidden(job.command)}
              </Link>
              <span className="muted shrink-0 text-xs tabular-nums">
                {job.usage && `${job.usage.cpu.toFixed(1)} CPU · ${formatBytes(job.usage.memory_bytes)} · `}
                <Elapsed since={job.started_at} />
              </span>
            </li>
          ))}
          {running.length > MAX_SHOWN && (
            <li className="muted text-xs">
              <Link href={`/jobs?q=${encodeURIComponent(`state:processing worker:${id}`)}`} className="underline">
                and {running.length - MAX_SHOWN} more
              </Link>
            </li>
          )}
        </ul>
      )}
    </li>
  )
}
