import { useCallback, useMemo, useState } from 'react'
import type { Job } from '../../api/client'
import type { ListState } from './listing'
import type { Row } from './rows'

interface SelectionState {
  ids: ReadonlySet<string>
  /** The job that was selected last. */
  last?: string
  /** Includes jobs that are not loaded. */
  allMatching: boolean
}

const NONE: SelectionState = { ids: new Set(), allMatching: false }

/** The selected jobs. A job that leaves the list is no longer selected. */
export function useSelection(rows: readonly Row[], get: () => ListState) {
  const [selection, setSelection] = useState(NONE)
  const jobs = useMemo(
    () => (selection.ids.size === 0 ? [] : rows.map(({ job }) => job).filter(({ id }) => selection.ids.has(id))),
    [rows, selection],
  )
  return {
    jobs,
    ids: useMemo(() => new Set(jobs.map(({ id }) => id)), [jobs]),
    everything: selection.allMatching,
    selectAllMatching: () => setSelection({ ...selection, allMatching: true }),
    clear: () => setSelection(NONE),
    /** Selects all loaded jobs, or none if all are selected. */
    toggleAllLoaded: () =>
      setSelection(jobs.length === rows.length ? NONE : { ids: new Set(rows.map(({ job }) => job.id)), allMatching: false }),
    /** Toggles a job; with `range`, all jobs from the last selected one to this one. */
    toggle: useCallback(
      (job: Job, range = false) =>
        setSelection(({ ids, last }) => {
          const next = new Set(ids)
          for (const id of range ? idsBetween(get().rows, last, job.id) : [job.id]) {
            if (ids.has(job.id)) next.delete(id)
            else next.add(id)
          }
          return { ids: next, last: job.id, allMatching: false }
        }),
      [get],
    ),
  }
}

function idsBetween(rows: readonly Row[], from: string | undefined, to: string): string[] {
  const [first = -1, last = -1] = [from, to]
    .map((id) => rows.findIndex(({ job }) => job.id === id))
    .sort((one, other) => one - other)
  return first < 0 ? [to] : rows.slice(first, last + 1).map(({ job }) => job.id)
}
