import { useCallback, useRef, useState } from 'react'
import { useLocation, useSearch } from 'wouter'
import type { Action } from '../../api/actions'
import type { DeadGroup } from '../../api/client'
import { Bulk } from '../../bulk/Bulk'
import { useBulk } from '../../bulk/useBulk'
import { Button } from '../../components/Button'
import { many } from '../../components/numbers'
import { Empty, Failed, Loading } from '../../components/States'
import { useCursor } from '../../components/useCursor'
import { filterOf, parse, type Filter, type Key } from '../../search/query'
import { SearchBox } from '../../search/SearchBox'
import { useMay } from '../../session/session'
import { useKeys } from '../../shell/keyboard'
import { Group } from './Group'
import { useGroups } from './useGroups'

const OFFERED: Key[] = ['queue', 'tag', 'worker', 'error', 'since', 'until']
/** The API tells of the largest groups only. */
const MOST_GROUPS = 500
/** So many are drawn at first, and so many more each time. */
const DRAWN = 50
const NONE: ReadonlySet<string> = new Set()

/** What died, by what it died of. */
export default function DeadPage() {
  const { text, show } = useAddress()
  const { data, error, refetch, isPlaceholderData } = useGroups(text)
  const groups = data ?? []
  const [chosen, setChosen] = useState(NONE)
  const [open, setOpen] = useState(NONE)
  const choose = useCallback((failure: string) => setChosen((now) => flipped(now, failure)), [])
  const toggle = useCallback((failure: string) => setOpen((now) => flipped(now, failure)), [])
  const [drawn, setDrawn] = useState(DRAWN)
  const shown = groups.slice(0, drawn)
  const cursor = useCursor(shown, ({ failure }) => failure)
  const list = useRef<HTMLUListElement>(null)
  const selected = groups.filter(({ failure }) => chosen.has(failure))
  const clear = useCallback(() => setChosen(NONE), [])
  const { act, actOnAll } = useActing(text, clear)
  const acts = useMay()('operator')

  const move = (step: number) => {
    const index = cursor.move(step)
    if (index === undefined) return
    const group = list.current?.children[index]
    group?.querySelector<HTMLElement>('[data-open]')?.focus()
  }
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    ...(acts && {
      x: () => cursor.item && choose(cursor.item.failure),
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
        keys={OFFERED}
        label="Search dead jobs"
        placeholder="queue:gpu since:2h ffmpeg…"
        change={show}
      />
      <div className="sticky top-0 z-20 my-1 flex min-h-12 flex-wrap items-center gap-2 bg-stone-50 py-1.5 dark:bg-stone-950">
        <p role="status" className="mr-auto text-sm tabular-nums">
          {selected.length > 0
            ? `${many(jobsIn(selected), 'job')} in ${many(selected.length, 'group')} selected`
            : groups.length > 0 &&
              `${many(jobsIn(groups), 'dead job')} in ${groups.length < MOST_GROUPS ? '' : 'the largest '}${many(groups.length, 'group')}`}
        </p>
        {selected.length > 0 ? (
          <>
            <Button onClick={() => act('retry', ...selected)}>Retry selected</Button>
            <Button kind="danger" onClick={() => act('delete', ...selected)}>
              Purge selected
            </Button>
            <Button kind="quiet" onClick={clear}>
              Clear
            </Button>
          </>
        ) : (
          acts &&
          groups.length > 0 && (
            <>
              <Button onClick={() => actOnAll('retry')}>Retry all</Button>
              <Button kind="danger" onClick={() => actOnAll('delete')}>
                Purge all
              </Button>
            </>
          )
        )}
      </div>
      <Bulk />
      <div className={`card ${isPlaceholderData ? 'opacity-60' : ''}`}>
        {error ? (
          <Failed error={error} again={() => void refetch()} />
        ) : !data ? (
          <Loading />
        ) : groups.length === 0 ? (
          <Nobody searched={text !== ''} reset={() => show('')} />
        ) : (
          <ul ref={list} aria-label="Groups">
            {shown.map((group) => (
              <Group
                key={group.failure}
                group={group}
                text={text}
                share={group.count / (groups[0]?.count ?? 1)}
                chosen={chosen.has(group.failure)}
                choose={choose}
                open={open.has(group.failure)}
                toggle={toggle}
                current={cursor.item === group}
                act={acts ? act : undefined}
              />
            ))}
          </ul>
        )}
        {groups.length > drawn && (
          <p className="border-t px-4 py-3 text-center">
            <Button onClick={() => setDrawn(drawn + DRAWN)}>Show more of {many(groups.length, 'group')}</Button>
          </p>
        )}
      </div>
    </>
  )
}

/** What is searched for stands in the address. */
function useAddress() {
  const text = new URLSearchParams(useSearch()).get('q') ?? ''
  const [, go] = useLocation()
  const show = (now: string, typed = false) =>
    go(now === '' ? '/dlq' : `/dlq?${new URLSearchParams({ q: now }).toString()}`, { replace: typed })
  return { text, show }
}

/** Retries or purges groups of what is searched for, or all of it; `done`: after some were. */
function useActing(text: string, done: () => void) {
  const bulk = useBulk()
  const filter = useCallback((): Filter => ({ ...filterOf(parse(text), Date.now()), state: 'dead' }), [text])
  const act = useCallback(
    (action: Action, ...groups: DeadGroup[]) => {
      const filters = groups.map(({ failure }) => ({ ...filter(), failure }))
      void bulk.withMatching(action, filters, { count: jobsIn(groups), complete: true }).then((begun) => begun && done())
    },
    [bulk, filter, done],
  )
  return { act, actOnAll: (action: Action) => void bulk.withAll(action, filter()) }
}

const jobsIn = (groups: DeadGroup[]) => groups.reduce((sum, { count }) => sum + count, 0)

function flipped(set: ReadonlySet<string>, item: string): ReadonlySet<string> {
  const next = new Set(set)
  if (!next.delete(item)) next.add(item)
  return next
}

function Nobody({ searched, reset }: { searched: boolean; reset: () => void }) {
  if (!searched)
    return (
      <Empty title="Nothing is dead">
        <p>Jobs whose attempts are used up come here, and wait for somebody to look at them. All is well.</p>
      </Empty>
    )
  return (
    <Empty title="No dead job matches">
      <Button onClick={reset}>Show all of them</Button>
    </Empty>
  )
}
