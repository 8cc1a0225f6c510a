import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useMemo } from 'react'
import { useSearchParams } from 'wouter'
import { api, unwrap, type Percentiles, type Series } from '../../api/client'
import { QUERY_KEY, useQueues } from '../../api/queries'
import { importWithRetry } from '../../components/importWithRetry'
import { plural, compactNumber, formatNumber } from '../../components/numbers'
import { LoadingOrError, Loading } from '../../components/Placeholders'
import { Segmented } from '../../components/Segmented'
import { formatDuration } from '../../components/timeFormat'
import { perMinute, total } from './rates'

// Fetched in parallel with the data.
const chart = importWithRetry(() => import('../../components/chart/TimeChart'))
const TimeChart = lazy(() => chart)

const PERIODS = {
  '5m': '5 minutes',
  '1h': 'hour',
  '6h': '6 hours',
  '24h': '24 hours',
  '7d': '7 days',
  '30d': '30 days',
} as const
type Period = keyof typeof PERIODS
const PERIOD_OPTIONS = (Object.keys(PERIODS) as Period[]).map((period) => [period, period] as const)

const DEFAULT_PERIOD: Period = '1h'
const MIN_REFETCH_MS = 2000
const MAX_REFETCH_MS = 15_000

/** Charts for the period and queue in the URL. */
export function Charts() {
  const [query, setQuery] = useSearchParams()
  const given = query.get('span') ?? ''
  const period = given in PERIODS ? (given as Period) : DEFAULT_PERIOD
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
  const { data, error, refetch } = useSeries(period, queue)
  return (
    <section aria-labelledby="over-time" className="space-y-3">
      <h2 id="over-time" className="sr-only">
        Over time
      </h2>
      <div className="flex flex-wrap items-center justify-between gap-3">
        <Segmented
          label="Period"
          options={PERIOD_OPTIONS}
          value={period}
          onChange={(each) => set('span', each === DEFAULT_PERIOD ? '' : each)}
        />
        <QueueSelect queue={queue} onChange={(name) => set('queue', name)} />
      </div>
      {data ? (
        <Suspense fallback={<Loading />}>
          <ChartGrid series={data} periodText={`in the last ${PERIODS[period]}`} />
        </Suspense>
      ) : (
        <div className="card"><LoadingOrError error={error} onRetry={() => void refetch()} /></div>
      )}
    </section>
  )
}

function useSeries(period: Period, queue: string) {
  return useQuery({
    queryKey: [QUERY_KEY.series, period, queue],
    queryFn: () => unwrap(api.GET('/api/series', { params: { query: { span: period, ...(queue && { queue }) } } })),
    placeholderData: keepPreviousData,
    // The last point grows; refetch as often as the change would be visible.
    refetchInterval: ({ state }) =>
      Math.min(MAX_REFETCH_MS, Math.max(MIN_REFETCH_MS, ((state.data?.step ?? 0) * 1000) / 5)),
  })
}

function QueueSelect({ queue, onChange }: { queue: string; onChange: (name: string) => void }) {
  const names = (useQueues().data ?? []).map(({ name }) => name)
  const all = queue && !names.includes(queue) ? [queue, ...names] : names
  return (
    <select aria-label="Queue" className="field" value={queue} onChange={(event) => onChange(event.target.value)}>
      <option value="">All queues</option>
      {all.map((name) => (
        <option key={name}>{name}</option>
      ))}
    </select>
  )
}

const percent = (share: number) => `${Number((share * 100).toPrecision(3))}%`
const formatRate = (value: number) => `${compactNumber(value)}/min`

function ChartGrid({ series, periodText }: { series: Series; periodText: string }) {
  const { step, points } = series
  const charts = useMemo(() => {
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
        { name: 'failed', colour: 'red' as const, values: perMinute(points, step, 'failed') },
        { name: 'completed', colour: 'green' as const, values: perMinute(points, step, 'completed') },
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
  const completed = total(points, 'completed')
  const failed = total(points, 'failed')
  const { at } = charts
  const shared = { at, step }
  return (
    <div className="grid gap-3 md:grid-cols-2 xl:grid-cols-3">
      <TimeChart
        {...shared}
        title="Throughput"
        summary={`${formatNumber(completed)} completed, ${formatNumber(failed)} failed ${periodText}`}
        lines={charts.throughput}
        kind="bars"
        format={formatRate}
        minTop={1}
        className="md:col-span-2"
      />
      <TimeChart
        {...shared}
        title="Failure rate"
        summary={completed + failed > 0 ? `${percent(failed / (completed + failed))} ${periodText}` : `no attempts ended ${periodText}`}
        lines={charts.failures}
        kind="area"
        format={percent}
        minTop={0.05}
        className="md:max-xl:col-span-2"
      />
      <TimeChart
        {...shared}
        title="Waiting jobs"
        summary={`${plural(total(points, 'enqueued'), 'job')} enqueued ${periodText}`}
        lines={charts.waiting}
        kind="area"
        format={compactNumber}
        minTop={1}
      />
      <TimeChart
        {...shared}
        title="Wait time"
        summary={percentileSummary(series.wait, periodText)}
        lines={charts.wait}
        kind="line"
        format={formatDuration}
      />
      <TimeChart
        {...shared}
        title="Run time"
        summary={percentileSummary(series.run, periodText)}
        lines={charts.run}
        kind="line"
        format={formatDuration}
      />
    </div>
  )
}

function percentileSummary(of: Percentiles | null, periodText: string): string {
  return of ? `p50 ${formatDuration(of.p50)}, p95 ${formatDuration(of.p95)}, p99 ${formatDuration(of.p99)} ${periodText}` : `no data ${periodText}`
}
