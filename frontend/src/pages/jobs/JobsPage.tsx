import { useCallback, useMemo, useRef } from 'react'
import { isAllowed, isScheduled, useAction, type Action } from '../../jobs/useJobActions'
import { BulkProgress } from '../../bulk/BulkProgress'
import { useBulkActions } from '../../bulk/useBulkActions'
import { useCursor } from '../../components/useCursor'
import { useMediaQuery } from '../../components/useMediaQuery'
import { withFilter, KEYS, toggleFilter, type Key } from '../../search/query'
import { SearchBox } from '../../search/SearchBox'
import { useHasRole } from '../../session/session'
import { useShortcuts } from '../../shell/shortcuts'
import { ColumnMenu } from './ColumnMenu'
import { Filters } from './Filters'
import { JobList } from './JobList'
import { JobTable, minWidth, type Table } from './JobTable'
import { NewJobsButton } from './NewJobsButton'
import { Selection, Toolbar } from './Toolbar'
import { useJobsUrl } from './useJobsUrl'
import { useColumns } from './useColumns'
import { useListing } from './useListing'
import { useScrollRestoration } from './useScrollRestoration'
import { useSelection } from './useSelection'
import { useTotal } from './useTotal'

const SEARCH_KEYS = (Object.keys(KEYS) as Key[]).filter((key) => key !== 'failure' && key !== 'command')

/** The list of jobs with its search, which is stored in the URL. */
export default function JobsPage() {
  const { text, sort, focus, show } = useJobsUrl()
  const { listing, shown, startBelow } = useListing(text, sort)
  const total = useTotal(listing, shown)
  const selection = useSelection(shown.rows, listing.get)
  const { columns, toggle, reset } = useColumns()
  const cards = !useMediaQuery('(min-width: 48rem)')
  const fits = useMediaQuery(`(min-width: ${minWidth(columns)}rem)`)
  const table = useRef<Table>(null)
  const cursor = useCursor(shown.rows, ({ job }) => job.id)
  const { act } = useAction()
  const bulk = useBulkActions()
  const canAct = useHasRole()('operator')
  useScrollRestoration()

  const actOnSelected = async (action: Action) => {
    const eligible = selection.jobs.filter((job) => isAllowed(action, job))
    const selected = {
      ids: eligible.map(({ id }) => id),
      running: eligible.filter(({ state }) => state === 'processing').length,
      scheduled: eligible.filter(isScheduled).length,
    }
    const begun = selection.everything ? bulk.onAllMatching(action, listing.filter) : bulk.onSelected(action, selected)
    if (await begun) selection.clear()
  }
  const setFilter = useCallback(
    (key: Key, value: string | undefined) => show({ text: withFilter(text, key, value) }),
    [show, text],
  )
  // Memoized, because every row gets this object.
  const { toggle: select } = selection
  const actions = useMemo(() => ({ addFilter: setFilter, act, select }), [setFilter, act, select])

  const move = (step: number) => {
    const index = cursor.move(step, table.current?.first())
    if (index !== undefined) table.current?.focus(index)
  }
  const onCurrent = (action: Action) => {
    if (selection.jobs.length > 0) void actOnSelected(action)
    else if (cursor.item && isAllowed(action, cursor.item.job)) void act(action, cursor.item.job)
  }
  useShortcuts({
    j: () => move(1),
    k: () => move(-1),
    ...(canAct && {
      x: () => cursor.item && selection.toggle(cursor.item.job),
      r: () => onCurrent('retry'),
      c: () => onCurrent('cancel'),
      Escape: selection.clear,
    }),
  })

  return (
    <>
      <h1 className="sr-only">Jobs</h1>
      <div className="space-y-3">
        <SearchBox
          text={text}
          keys={SEARCH_KEYS}
          timeField="enqueued"
          label="Search jobs"
          placeholder="state:failed queue:gpu since:2h ffmpeg…"
          onChange={(now, typed) => show({ text: now, replace: typed })}
          focus={focus}
        />
        <Filters text={text} toggleFilter={(key, value) => show({ text: toggleFilter(text, key, value) })} setFilter={setFilter} />
      </div>
      <div className="sticky top-0 z-20 my-1 flex min-h-12 flex-wrap items-center gap-2 bg-stone-50 py-1.5 dark:bg-stone-950">
        {selection.jobs.length > 0 ? (
          <Selection
            jobs={selection.jobs}
            filter={listing.filter}
            allLoaded={selection.jobs.length === shown.rows.length && shown.more}
            allMatching={selection.everything}
            selectAllMatching={selection.selectAllMatching}
            act={(action) => void actOnSelected(action)}
            clear={selection.clear}
          />
        ) : (
          <Toolbar total={total} sort={sort} sortBy={(by) => show({ sort: by })}>
            {!cards && <ColumnMenu shown={columns} onToggle={toggle} onReset={reset} />}
          </Toolbar>
        )}
        <NewJobsButton {...shown.newJobs} />
      </div>
      <BulkProgress />
      <div className="card">
        <JobList shown={shown} listing={listing} startBelow={startBelow} reset={() => show({ text: '' })}>
          <JobTable
            ref={table}
            rows={shown.rows}
            more={shown.more}
            setView={listing.setView}
            columns={columns}
            cards={cards}
            fits={fits}
            sort={sort}
            sortBy={(by) => show({ sort: by })}
            selected={selection.ids}
            selectAll={selection.toggleAllLoaded}
            current={cursor.item?.job.id}
            actions={actions}
            canAct={canAct}
          />
        </JobList>
      </div>
    </>
  )
}
