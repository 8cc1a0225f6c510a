import type { State } from '../../api/client'
import { useStatus } from '../../api/jobs'
import { STATE_COLOURS } from '../../components/StateBadge'
import type { SetView, View } from '../../view'

const STATES: State[] = ['pending', 'processing', 'completed', 'failed', 'dead', 'cancelled']

const CARD = 'rounded-xl border border-stone-200 bg-white px-3 py-3 sm:px-4 dark:border-stone-800 dark:bg-stone-900'

/** Workers, and a count a state; a click on one shows those jobs. */
export function Status({ fresh, view, setView }: { fresh: boolean; view: View; setView: SetView }) {
  const { data, error } = useStatus()
  return (
    <section
      aria-label="System status"
      className={`grid grid-cols-3 gap-2 transition-opacity sm:gap-3 lg:grid-cols-7 ${fresh ? '' : 'opacity-50'}`}
    >
      <div className={`${CARD} col-span-3 lg:col-span-1`}>
        <p className="text-xs text-stone-600 dark:text-stone-400">Active workers</p>
        <p className="mt-1 text-2xl font-semibold tabular-nums" data-testid="workers">
          {data?.workers ?? '–'}
        </p>
        <p className="text-xs text-stone-600 tabular-nums dark:text-stone-400">
          {data ? `${data.busy} of ${data.slots} slots busy` : (error?.message ?? ' ')}
        </p>
      </div>
      {STATES.map((state) => {
        const chosen = view.tab === 'all' && view.state === state
        return (
          <button
            key={state}
            type="button"
            aria-pressed={chosen}
            onClick={() => setView({ tab: 'all', state: chosen ? '' : state })}
            className={`${CARD} flex flex-col text-left hover:border-indigo-400 ${chosen ? 'border-indigo-500! ring-1 ring-indigo-500' : ''}`}
          >
            <span className="flex items-center gap-1.5 text-xs text-stone-600 capitalize dark:text-stone-400">
              <span className={`size-2 rounded-full ${STATE_COLOURS[state]}`} />
              {state}
            </span>
            <span className="mt-1 block text-2xl font-semibold tabular-nums" data-testid={`count-${state}`}>
              {data ? data.jobs[state].toLocaleString('en') : '–'}
            </span>
          </button>
        )
      })}
    </section>
  )
}
