import { useCallback, useMemo, useState } from 'react'
import type { Job } from '../../api/client'
import type { Shown } from './listing'
import type { Row } from './rows'

interface Chosen {
  ids: ReadonlySet<string>
  /** The one that was chosen last. */
  last?: string
  /** Also those that are not loaded. */
  everything: boolean
}

const NONE: Chosen = { ids: new Set(), everything: false }

/** Which jobs of a list are selected. Who has left the list is selected no more. */
export function useSelection(rows: readonly Row[], get: () => Shown) {
  const [chosen, setChosen] = useState(NONE)
  const jobs = useMemo(
    () => (chosen.ids.size === 0 ? [] : rows.map(({ job }) => job).filter(({ id }) => chosen.ids.has(id))),
    [rows, chosen],
  )
  return {
    jobs,
    ids: useMemo(() => new Set(jobs.map(({ id }) => id)), [jobs]),
    everything: chosen.everything,
    selectEverything: () => setChosen({ ...chosen, everything: true }),
    clear: () => setChosen(NONE),
    /** All that are loaded, or none where they are. */
    all: () =>
      setChosen(jobs.length === rows.length ? NONE : { ids: new Set(rows.map(({ job }) => job.id)), everything: false }),
    /** One job; with `range` all from the one before it that was chosen. */
    toggle: useCallback(
      (job: Job, range = false) =>
        setChosen(({ ids, last }) => {
          const next = new Set(ids)
          for (const id of range ? between(get().rows, last, job.id) : [job.id]) {
            if (ids.has(job.id)) next.delete(id)
            else next.add(id)
          }
          return { ids: next, last: job.id, everything: false }
        }),
      [get],
    ),
  }
}

function between(rows: readonly Row[], from: string | undefined, to: string): string[] {
  const [first = -1, last = -1] = [from, to]
    .map((id) => rows.findIndex(({ job }) => job.id === id))
    .sort((one, other) => one - other)
  return first < 0 ? [to] : rows.slice(first, last + 1).map(({ job }) => job.id)
}
