import { useState, type ReactNode } from 'react'
import type { Usage } from '../../api/client'
import { bytes, many } from '../../components/numbers'
import { Sparkline } from '../../components/Sparkline'
import { Elapsed } from '../../components/Time'
import { duration } from '../../components/time'

const SAMPLES = 60

/** What a running command uses: now, and as long as one has looked. */
export function Live({ since, usage, timeout }: { since: string; usage: Usage | null; timeout: number | null }) {
  const [samples, setSamples] = useState<Usage[]>([])
  if (usage && samples.at(-1)?.at !== usage.at) setSamples([...samples, usage].slice(-SAMPLES))
  return (
    <section aria-label="Right now" className="card grid grid-cols-1 gap-x-8 gap-y-4 p-4 sm:grid-cols-3">
      <Figure name="Elapsed" value={<Elapsed since={since} />}>
        <p className="muted text-xs">{timeout === null ? 'no timeout' : `is stopped after ${duration(timeout)}`}</p>
      </Figure>
      <Figure name="CPU" value={usage ? `${usage.cpu.toFixed(2)} cores` : '…'}>
        <Sparkline values={filled(samples.map(({ cpu }) => cpu))} label="Cores in use" />
        <p className="muted text-xs">{usage ? `${duration(usage.cpu_seconds)} of CPU time so far` : 'known in a second'}</p>
      </Figure>
      <Figure name="Memory" value={usage ? bytes(usage.memory_bytes) : '…'}>
        <Sparkline values={filled(samples.map(({ memory_bytes }) => memory_bytes))} label="Memory in use" />
        <p className="muted text-xs">{usage ? many(usage.processes, 'process', 'processes') : 'known in a second'}</p>
      </Figure>
    </section>
  )
}

/** The latest on the right, however many there are. */
const filled = (values: number[]) => [...Array<number>(SAMPLES - values.length).fill(0), ...values]

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
