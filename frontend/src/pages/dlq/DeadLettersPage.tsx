import { useCallback, useRef, useState } from 'react'
import { useLocation, useSearch } from 'wouter'
import type { Action } from '../../jobs/useJobActions'
import type { DeadGroup } from '../../api/client'
import { BulkProgress } from '../../bulk/BulkProgress'
import { useBulkActions } from '../../bulk/useBulkActions'
import { Button } from '../../components/Button'
import { plural } from '../../components/numbers'
import { EmptyState, ErrorState, Loading } from '../../components/Placeholders'
import { useCursor } from '../../components/useCursor'
import { filterOf, parse, type Filter, type Key } from '../../search/query'
import { SearchBox } from '../../search/SearchBox'
import { useHasRole } from '../../session/session'
import { useShortcuts } from '../../shell/shortcuts'
import { FailureGroup } from './FailureGroup'
import { useFailureGroups } from './useFailureGroups'

const SEARCH_KEYS: Key[] = ['queue', 'tag', 'worker', 'error', 'died', 'enqueued', 'since', 'until']
/** The API returns only the largest groups. */
const MAX_GROUPS = 500
/** The number of groups shown at first, and added by each click. */
const PAGE_SIZE = 50
const NONE: ReadonlySet<string> = new Set()

/** Dead jobs, grouped by failure. */
export default function DeadLettersPage() {
  const { text, show } = useDlqUrl()
  const { data, error, refetch, isPlaceholderData } = useFailureGroups(text)
  const groups = data ?? []
  const [selectedIds, setSelectedIds] = useState(NONE)
  const [open, setOpen] = useState(NONE)
  const toggleSelected = useCallback((failure: string) => setSelectedIds((now) => toggled(now, failure)), [])
  const toggleOpen = useCallback((failure: string) => setOpen((now) => toggled(now, failure)), [])
  const [limit, setLimit] = useState(PAGE_SIZE)
  const shown = groups.slice(0, limit)
  const cursor = useCursor(shown, ({ failure }) => failure)
  const list = useRef<HTMLUListElement>(null)
  const selected = groups.filter(({ failure }) => selectedIds.has(failure))
  const clear = useCallback(() => setSelectedIds(NONE), [])
  const { act, actOnAll } = useGroupActions(text, clear)
  const canAct = useHasRole()('operator')

  const move = (step: number) => {
    const index = cursor.move(step)
    if (index === undefined) return
    const group = list.current?.children[index]
    group?.querySelector<HTMLElement>('[data-open]')?.focus()
  }
  useShortcuts({
    j: () => move(1),
    k: () => move(-1),
    ...(canAct && {
      x: () => cursor.item && toggleSelected(cursor.item.failure),
      r: () => {
        if (selected.length > 0) act('retry', ...selected)
        else if (cursor.item) act('retry', cursor.item)
      },
      Escape: clear,
    }),
  })

  return (
    <>
      <h1 className="sr-only">Dead letters</h1>
      <SearchBox
        text={text}
        keys={SEARCH_KEYS}
        timeField="died"
        label="Search dead jobs"
        placeholder="queue:gpu died:2h ffmpeg…"
        onChange={show}
      />
      <div className="sticky top-0 z-20 my-1 flex min-h-12 flex-wrap items-center gap-2 bg-stone-50 py-1.5 dark:bg-stone-950">
        <p role="status" className="mr-auto text-sm tabular-nums">
          {selected.length > 0
            ? `${plural(countJobs(selected), 'job')} in ${plural(selected.length, 'failure group')} selected`
            : groups.length > 0 &&
              `${plural(countJobs(groups), 'dead job')} in ${groups.length < MAX_GROUPS ? '' : 'the largest '}${plural(groups.length, 'failure group')}`}
        </p>
        {selected.length > 0 ? (
          <>
            <Button onClick={() => act('retry', ...selected)}>Retry selected</Button>
            <Button variant="danger" onClick={() => act('delete', ...selected)}>
              Purge selected
            </Button>
            <Button variant="ghost" onClick={clear}>
              Clear
            </Button>
          </>
        ) : (
          canAct &&
          groups.length > 0 && (
            <>
              <Button onClick={() => actOnAll('retry')}>Retry all</Button>
              <Button variant="danger" onClick={() => actOnAll('delete')}>
                Purge all
              </Button>
            </>
          )
        )}
      </div>
      <BulkProgress />
      <div className={`card ${isPlaceholderData ? 'opacity-60' : ''}`}>
        {error ? (
          <ErrorState error={error} onRetry={() => void refetch()} />
        ) : !data ? (
          <Loading />
        ) : groups.length === 0 ? (
          <NoGroups searched={text !== ''} reset={() => show('')} />
        ) : (
          <ul ref={list} aria-label="Failure groups">
            {shown.map((group) => (
              <FailureGroup
                key={group.failure}
                group={group}
                text={text}
                fraction={group.count / (groups[0]?.count ?? 1)}
                selected={selectedIds.has(group.failure)}
                onSelect={toggleSelected}
                open={open.has(group.failure)}
                onToggle={toggleOpen}
                current={cursor.item === group}
                act={canAct ? act : undefined}
              />
            ))}
          </ul>
        )}
        {groups.length > limit && (
          <p className="border-t px-4 py-3 text-center">
            <Button onClick={() => setLimit(limit + PAGE_SIZE)}>Show more of {plural(groups.length, 'failure group')}</Button>
          </p>
        )}
      </div>
    </>
  )
}

/** The search is stored in the URL. */
function useDlqUrl() {
  const text = new URLSearchParams(useSearch()).get('q') ?? ''
  const [, go] = useLocation()
  const show = (now: string, typed = false) =>
    go(now === '' ? '/dlq' : `/dlq?${new URLSearchParams({ q: now }).toString()}`, { replace: typed })
  return { text, show }
}

/** Retries or purges groups, or all jobs that match the search; `onDone` is called after groups were changed. */
function useGroupActions(text: string, onDone: () => void) {
  const bulk = useBulkActions()
  const filter = useCallback((): Filter => ({ ...filterOf(parse(text), Date.now(), 'died'), state: 'dead' }), [text])
  const act = useCallback(
    (action: Action, ...groups: DeadGroup[]) => {
      const filters = groups.map(({ failure }) => ({ ...filter(), failure }))
      void bulk.onMatching(action, filters, { count: countJobs(groups), complete: true }).then((begun) => begun && onDone())
    },
    [bulk, filter, onDone],
  )
  return { act, actOnAll: (action: Action) => void bulk.onAllMatching(action, filter()) }
}

const countJobs = (groups: DeadGroup[]) => groups.reduce((sum, { count }) => sum + count, 0)

function toggled(set: ReadonlySet<string>, item: string): ReadonlySet<string> {
  const next = new Set(set)
  if (!next.delete(item)) next.add(item)
  return next
}

function NoGroups({ searched, reset }: { searched: boolean; reset: () => void }) {
  if (!searched)
    return (
      <EmptyState title="No dead jobs">
        <p>Jobs that have used up all their attempts appear here.</p>
      </EmptyState>
    )
  return (
    <EmptyState title="No dead jobs match">
      <Button onClick={reset}>Show all dead jobs</Button>
    </EmptyState>
  )
}
