import { STATES } from '../../api/client'
import { useQueues, useStatus } from '../../api/queries'
import { short, whole } from '../../components/numbers'
import { StateBadge } from '../../components/StateBadge'
import { has, parse, type Key } from '../../search/query'

interface Props {
  text: string
  toggle: (key: Key, value: string) => void
  /** undefined: any. */
  put: (key: Key, value: string | undefined) => void
}

/** What is filtered by most, to click; it edits the text of the search. */
export function Filters({ text, toggle, put }: Props) {
  const parts = parse(text)
  const counts = useStatus().data?.jobs
  return (
    <div className="flex flex-wrap items-center gap-1.5">
      <div role="group" aria-label="State" className="contents">
        {STATES.map((state) => (
          <button
            key={state}
            type="button"
            aria-pressed={has(parts, 'state', state)}
            title={counts && `${whole(counts[state])} in all`}
            onClick={() => toggle('state', state)}
            className="inline-flex items-center gap-2 rounded-full border bg-white px-3 py-1 text-xs font-medium hover:bg-stone-100 aria-pressed:border-indigo-500 aria-pressed:bg-indigo-50 dark:bg-stone-900 dark:hover:bg-stone-800 dark:aria-pressed:border-indigo-400 dark:aria-pressed:bg-indigo-950"
          >
            <StateBadge state={state} />
            <span className="muted tabular-nums">{counts ? short(counts[state]) : '…'}</span>
          </button>
        ))}
      </div>
      <Queues chosen={parts.find(({ key }) => key === 'queue')?.value} put={put} />
    </div>
  )
}

function Queues({ chosen = '', put }: { chosen: string | undefined; put: Props['put'] }) {
  const names = (useQueues().data ?? []).map(({ name }) => name)
  const offered = chosen === '' || names.includes(chosen) ? names : [chosen, ...names]
  return (
    <select
      aria-label="Queue"
      value={chosen}
      onChange={({ target }) => put('queue', target.value === '' ? undefined : target.value)}
      className="field max-w-48 px-2 py-1 text-xs"
    >
      <option value="">All queues</option>
      {offered.map((name) => (
        <option key={name}>{name}</option>
      ))}
    </select>
  )
}
