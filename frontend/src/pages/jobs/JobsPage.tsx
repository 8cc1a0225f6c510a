import { useCallback, useMemo, useRef } from 'react'
import { allowed, isLater, useAction, type Action } from '../../api/actions'
import { Bulk } from '../../bulk/Bulk'
import { useBulk } from '../../bulk/useBulk'
import { useCursor } from '../../components/useCursor'
import { useMedia } from '../../components/useMedia'
import { having, KEYS, toggled, type Key } from '../../search/query'
import { SearchBox } from '../../search/SearchBox'
import { useMay } from '../../session/session'
import { useKeys } from '../../shell/keyboard'
import { ColumnMenu } from './ColumnMenu'
import { Filters } from './Filters'
import { JobList } from './JobList'
import { JobTable, roomFor, type Table } from './JobTable'
import { Newcomers } from './Newcomers'
import { Selection, Toolbar } from './Toolbar'
import { useAddress } from './useAddress'
import { useColumns } from './useColumns'
import { useListing } from './useListing'
import { useScrollKept } from './useScrollKept'
import { useSelection } from './useSelection'
import { useTotal } from './useTotal'

const OFFERED = (Object.keys(KEYS) as Key[]).filter((key) => key !== 'failure' && key !== 'command')

/** All jobs, and how to find some of them. What is searched for stands in the address. */
export default function JobsPage() {
  const { text, sort, focus, show } = useAddress()
  const { listing, shown, goBelow } = useListing(text, sort)
  const total = useTotal(listing, shown)
  const selection = useSelection(shown.rows, listing.get)
  const { columns, toggle, usual } = useColumns()
  const cards = !useMedia('(min-width: 48rem)')
  const fits = useMedia(`(min-width: ${roomFor(columns)}rem)`)
  const table = useRef<Table>(null)
  const cursor = useCursor(shown.rows, ({ job }) => job.id)
  const { act } = useAction()
  const bulk = useBulk()
  const acts = useMay()('operator')
  useScrollKept()

  const actOnSelected = async (action: Action) => {
    const able = selection.jobs.filter((job) => allowed(action, job))
    const named = {
      ids: able.map(({ id }) => id),
      running: able.filter(({ state }) => state === 'processing').length,
      later: able.filter(isLater).length,
    }
    const begun = selection.everything ? bulk.withAll(action, listing.filter) : bulk.withNamed(action, named)
    if (await begun) selection.clear()
  }
  const put = useCallback(
    (key: Key, value: string | undefined) => show({ text: having(text, key, value) }),
    [show, text],
  )
  // The same object as long as it does the same, as each row is given it.
  const { toggle: select } = selection
  const doing = useMemo(() => ({ narrow: put, act, select }), [put, act, select])

  const move = (step: number) => {
    const index = cursor.move(step, table.current?.first())
    if (index !== undefined) table.current?.focus(index)
  }
  const onCurrent = (action: Action) => {
    if (selection.jobs.length > 0) void actOnSelected(action)
    else if (cursor.item && allowed(action, cursor.item.job)) void act(action, cursor.item.job)
  }
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    ...(acts && {
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
          keys={OFFERED}
          label="Search jobs"
          placeholder="state:failed queue:gpu since:2h ffmpeg…"
          change={(now, typed) => show({ text: now, replace: typed })}
          focus={focus}
        />
        <Filters text={text} toggle={(key, value) => show({ text: toggled(text, key, value) })} put={put} />
      </div>
      <div className="sticky top-0 z-20 my-1 flex min-h-12 flex-wrap items-center gap-2 bg-stone-50 py-1.5 dark:bg-stone-950">
        {selection.jobs.length > 0 ? (
          <Selection
            jobs={selection.jobs}
            filter={listing.filter}
            complete={selection.jobs.length === shown.rows.length && shown.more}
            everything={selection.everything}
            selectEverything={selection.selectEverything}
            act={(action) => void actOnSelected(action)}
            clear={selection.clear}
          />
        ) : (
          <Toolbar total={total} sort={sort} sortBy={(by) => show({ sort: by })}>
            {!cards && <ColumnMenu shown={columns} toggle={toggle} usual={usual} />}
          </Toolbar>
        )}
        <Newcomers {...shown.newcomers} />
      </div>
      <Bulk />
      <div className="card">
        <JobList shown={shown} listing={listing} goBelow={goBelow} reset={() => show({ text: '' })}>
          <JobTable
            ref={table}
            rows={shown.rows}
            more={shown.more}
            see={listing.see}
            columns={columns}
            cards={cards}
            fits={fits}
            sort={sort}
            sortBy={(by) => show({ sort: by })}
            selected={selection.ids}
            selectAll={selection.all}
            current={cursor.item?.job.id}
            doing={doing}
            acts={acts}
          />
        </JobList>
      </div>
    </>
  )
}
