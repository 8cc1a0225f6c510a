import { useState, type ReactNode } from 'react'
import type { Usage } from '../../api/client'
import { formatBytes, plural } from '../../components/numbers'
import { Sparkline } from '../../components/Sparkline'
import { Elapsed } from '../../components/Time'
import { formatDuration } from '../../components/timeFormat'

const SAMPLES = 60

/** The resource usage of a running job, now and since the page was opened. */
export function LiveUsage({ since, usage, timeout }: { since: string; usage: Usage | null; timeout: number | null }) {
  const [samples, setSamples] = useState<Usage[]>([])
  if (usage && samples.at(-1)?.at !== usage.at) setSamples([...samples, usage].slice(-SAMPLES))
  return (
    <section aria-label="Resource usage" className="card grid grid-cols-1 gap-x-8 gap-y-4 p-4 sm:grid-cols-3">
      <Figure name="Elapsed" value={<Elapsed since={since} />}>
        <p className="muted text-xs">{timeout === null ? 'no timeout' : `timeout after ${formatDuration(timeout)}`}</p>
      </Figure>
      <Figure name="CPU" value={usage ? `${usage.cpu.toFixed(2)} cores` : '…'}>
        <Sparkline values={padded(samples.map(({ cpu }) => cpu))} label="Cores in use" />
        <p className="muted text-xs">{usage ? `${formatDuration(usage.cpu_seconds)} of CPU time` : 'measuring…'}</p>
      </Figure>
      <Figure name="Memory" value={usage ? formatBytes(usage.memory_bytes) : '…'}>
        <Sparkline values={padded(samples.map(({ memory_bytes }) => memory_bytes))} label="Memory in use" />
        <p className="muted text-xs">{usage ? plural(usage.processes, 'process', 'processes') : 'measuring…'}</p>
      </Figure>
    </section>
  )
}

/** Pads on the left, so that the latest sample is on the right. */
const padded = (values: number[]) => [...Array<number>(SAMPLES - values.length).fill(0), ...values]

function Figure({ name, value, children }: { name: string; value: ReactNode; children: ReactNode }) {
  return (
    <div>
      <h2 className="muted text-xs font-medium">{name}</h2>
      <p className="mt-0.5 text-2xl font-semibold tabular-nums" data-figure={name}>
        {value}
      </p>
      <div className="mt-1 space-y-1">{children}</div>
    </div>
  )
}
