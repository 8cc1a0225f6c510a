import type { State } from '../api/client'

/** The colour of each state; chart/colours.ts has the matching colours for charts. */
export const STATE_COLOURS: Record<State, string> = {
  pending: 'bg-amber-500',
  processing: 'bg-blue-500',
  completed: 'bg-emerald-500',
  failed: 'bg-fuchsia-500',
  dead: 'bg-red-600',
  cancelled: 'bg-stone-400',
}

export function StateBadge({ state, cancelling = false }: { state: State; cancelling?: boolean }) {
  return (
    <span className="inline-flex items-center gap-1.5 whitespace-nowrap">
      <span
        className={`size-2 shrink-0 rounded-full ${STATE_COLOURS[state]} ${state === 'processing' ? 'animate-pulse' : ''}`}
      />
      {cancelling ? 'cancelling' : state}
    </span>
  )
}
