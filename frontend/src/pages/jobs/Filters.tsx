import { STATES } from '../../api/client'
import { useQueues, useStatus } from '../../api/queries'
import { compactNumber, formatNumber } from '../../components/numbers'
import { StateBadge } from '../../jobs/StateBadge'
import { hasFilter, parse, type Key } from '../../search/query'

interface Props {
  text: string
  toggleFilter: (key: Key, value: string) => void
  /** undefined removes the filter. */
  setFilter: (key: Key, value: string | undefined) => void
}

/** The most common filters as buttons; they edit the search text. */
export function Filters({ text, toggleFilter, setFilter }: Props) {
  const parts = parse(text)
  const counts = useStatus().data?.jobs
  return (
    <div className="flex flex-wrap items-center gap-1.5">
      <div role="group" aria-label="State" className="contents">
        {STATES.map((state) => (
          <button
            key={state}
            type="button"
            aria-pressed={hasFilter(parts, 'state', state)}
            title={counts && `${formatNumber(counts[state])} in total`}
            onClick={() => toggleFilter('state', state)}
            className="inline-flex items-center gap-2 rounded-full border bg-white px-3 py-1 text-xs font-medium hover:bg-stone-100 aria-pressed:border-indigo-500 aria-pressed:bg-indigo-50 dark:bg-stone-900 dark:hover:bg-stone-800 dark:aria-pressed:border-indigo-400 dark:aria-pressed:bg-indigo-950"
          >
            <StateBadge state={state} />
            <span className="muted tabular-nums">{counts ? compactNumber(counts[state]) : '…'}</span>
          </button>
        ))}
      </div>
      <QueueSelect selected={parts.find(({ key }) => key === 'queue')?.value} setFilter={setFilter} />
    </div>
  )
}

function QueueSelect({ selected = '', setFilter }: { selected: string | undefined; setFilter: Props['setFilter'] }) {
  const names = (useQueues().data ?? []).map(({ name }) => name)
  const options = selected === '' || names.includes(selected) ? names : [selected, ...names]
  return (
    <select
      aria-label="Queue"
      value={selected}
      onChange={({ target }) => setFilter('queue', target.value === '' ? undefined : target.value)}
      className="field max-w-48 px-2 py-1 text-xs"
    >
      <option value="">All queues</option>
      {options.map((name) => (
        <option key={name}>{name}</option>
      ))}
    </select>
  )
}
