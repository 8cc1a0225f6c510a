import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useMemo } from 'react'
import { useSearchParams } from 'wouter'
import { api, ask, type Percentiles, type Series } from '../../api/client'
import { KEY, useQueues } from '../../api/queries'
import { many, short, whole } from '../../components/numbers'
import { Awaited, Loading } from '../../components/States'
import { duration } from '../../components/time'
import { rate, sum } from './rates'

// Fetched at the same time as what it will show.
const chart = import('../../components/chart/TimeChart')
const TimeChart = lazy(() => chart)

const SPANS = {
  '5m': '5 minutes',
  '1h': 'hour',
  '6h': '6 hours',
  '24h': '24 hours',
  '7d': '7 days',
  '30d': '30 days',
} as const
type Span = keyof typeof SPANS

const FIRST: Span = '1h'
const SOONEST_MS = 2000
const LATEST_MS = 15_000

/** What happened over the time and in the queue that the address names. */
export function Charts() {
  const [query, setQuery] = useSearchParams()
  const given = query.get('span') ?? ''
  const span = given in SPANS ? (given as Span) : FIRST
  const queue = query.get('queue') ?? ''
  const set = (name: string, value: string) =>
    setQuery(
      (now) => {
        if (value) now.set(name, value)
        else now.delete(name)
        return now
      },
      { replace: true },
    )
  const { data, error, refetch } = useSeries(span, queue)
  return (
    <section aria-labelledby="over-time" className="space-y-3">
      <h2 id="over-time" className="sr-only">
        Over time
      </h2>
      <div className="flex flex-wrap items-center justify-between gap-3">
        <div
          role="radiogroup"
          aria-label="How far back"
          className="flex gap-1 rounded-lg bg-stone-200/60 p-1 dark:bg-stone-800"
        >
          {Object.keys(SPANS).map((each) => (
            <label
              key={each}
              className="muted cursor-pointer rounded-md px-2.5 py-1 text-sm font-medium has-checked:bg-white has-checked:text-stone-900 has-checked:shadow-sm has-focus-visible:outline-2 has-focus-visible:outline-indigo-500 dark:has-checked:bg-stone-950 dark:has-checked:text-stone-100"
            >
              <input
                type="radio"
                name="span"
                className="sr-only"
                checked={each === span}
                onChange={() => set('span', each === FIRST ? '' : each)}
              />
              {each}
            </label>
          ))}
        </div>
        <QueueChoice queue={queue} choose={(name) => set('queue', name)} />
      </div>
      {data ? (
        <Suspense fallback={<Loading />}>
          <Drawn series={data} over={`in the last ${SPANS[span]}`} />
        </Suspense>
      ) : (
        <div className="card"><Awaited error={error} again={() => void refetch()} /></div>
      )}
    </section>
  )
}

function useSeries(span: Span, queue: string) {
  return useQuery({
    queryKey: [KEY.series, span, queue],
    queryFn: () => ask(api.GET('/api/series', { params: { query: { span, ...(queue && { queue }) } } })),
    placeholderData: keepPreviousData,
    // The last point grows: as often as one would see it.
    refetchInterval: ({ state }) =>
      Math.min(LATEST_MS, Math.max(SOONEST_MS, ((state.data?.step ?? 0) * 1000) / 5)),
  })
}

function QueueChoice({ queue, choose }: { queue: string; choose: (name: string) => void }) {
  const names = (useQueues().data ?? []).map(({ name }) => name)
  const all = queue && !names.includes(queue) ? [queue, ...names] : names
  return (
    <select aria-label="Queue" className="field" value={queue} onChange={(event) => choose(event.target.value)}>
      <option value="">All queues</option>
      {all.map((name) => (
        <option key={name}>{name}</option>
      ))}
    </select>
  )
}

const percent = (share: number) => `${Number((share * 100).toPrecision(3))}%`
const perMinute = (value: number) => `${short(value)}/min`

function Drawn({ series, over }: { series: Series; over: string }) {
  const { step, points } = series
  const drawn = useMemo(() => {
    const at = points.map((point) => Date.parse(point.at) / 1000)
    const each = (of: (point: Series['points'][number]) => number | null) => points.map(of)
    const percentiles = (of: 'wait' | 'run') => [
      { name: 'p99', colour: 'violet' as const, values: each((point) => point[of]?.p99 ?? null) },
      { name: 'p95', colour: 'indigo' as const, values: each((point) => point[of]?.p95 ?? null) },
      { name: 'p50', colour: 'sky' as const, values: each((point) => point[of]?.p50 ?? null) },
    ]
    return {
      at,
      throughput: [
        { name: 'failed', colour: 'red' as const, values: rate(points, step, 'failed') },
        { name: 'completed', colour: 'green' as const, values: rate(points, step, 'completed') },
      ],
      failures: [
        {
          name: 'failed',
          colour: 'red' as const,
          values: each(({ failed, completed }) => (failed + completed > 0 ? failed / (failed + completed) : null)),
        },
      ],
      waiting: [{ name: 'waiting', colour: 'amber' as const, values: each((point) => point.waiting) }],
      wait: percentiles('wait'),
      run: percentiles('run'),
    }
  }, [points, step])
  const completed = sum(points, 'completed')
  const failed = sum(points, 'failed')
  const { at } = drawn
  const shared = { at, step }
  return (
    <div className="grid gap-3 md:grid-cols-2 xl:grid-cols-3">
      <TimeChart
        {...shared}
        title="Throughput"
        summary={`${whole(completed)} completed, ${whole(failed)} failed ${over}`}
        lines={drawn.throughput}
        kind="bars"
        format={perMinute}
        least={1}
        className="md:col-span-2"
      />
      <TimeChart
        {...shared}
        title="Failure rate"
        summary={completed + failed > 0 ? `${percent(failed / (completed + failed))} ${over}` : `no attempt ended ${over}`}
        lines={drawn.failures}
        kind="area"
        format={percent}
        least={0.05}
        className="md:max-xl:col-span-2"
      />
      <TimeChart
        {...shared}
        title="Waiting jobs"
        summary={`${many(sum(points, 'enqueued'), 'job')} enqueued ${over}`}
        lines={drawn.waiting}
        kind="area"
        format={short}
        least={1}
      />
      <TimeChart
        {...shared}
        title="Wait before the start"
        summary={told(series.wait, over)}
        lines={drawn.wait}
        kind="line"
        format={duration}
      />
      <TimeChart
        {...shared}
        title="Run time"
        summary={told(series.run, over)}
        lines={drawn.run}
        kind="line"
        format={duration}
      />
    </div>
  )
}

function told(of: Percentiles | null, over: string): string {
  return of ? `p50 ${duration(of.p50)}, p95 ${duration(of.p95)}, p99 ${duration(of.p99)} ${over}` : `none ${over}`
}
