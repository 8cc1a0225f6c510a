import { useEffect, useRef, useState } from 'react'
import { useLocation, useSearch } from 'wouter'
import { Button } from '../../components/Button'
import { Awaited, Empty, Loading } from '../../components/States'
import { Entries } from './Entries'
import { useAudit, type Wanted } from './useAudit'

/** Who did what to which job, when, from where. What is looked for stands in the address. */
export default function AuditPage() {
  const { wanted, show } = useAddress()
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchNextPageError } = useAudit(wanted)
  const entries = data?.pages.flatMap(({ items }) => items) ?? []
  const narrowed = wanted.job !== undefined || wanted.actor !== undefined
  return (
    <div className="max-w-5xl space-y-4">
      <div>
        <h1 className="text-lg font-semibold">Audit log</h1>
        <p className="muted text-sm">Who did what, newest first. It cannot be changed, and is kept apart from the jobs.</p>
      </div>
      <Filters key={JSON.stringify(wanted)} wanted={wanted} show={show} />
      <div className="card">
        {!data ? (
          <Awaited error={error} again={() => void refetch()} />
        ) : entries.length === 0 ? (
          <Empty title={narrowed ? 'Nothing of that kind was done' : 'Nothing has been done yet'}>
            {narrowed && <Button onClick={() => show({})}>Show all of it</Button>}
          </Empty>
        ) : (
          <Entries entries={entries} narrow={(actor) => show({ ...wanted, actor })} />
        )}
        {hasNextPage &&
          (isFetchNextPageError ? (
            <Awaited error={error} again={() => void fetchNextPage()} />
          ) : (
            <Below key={entries.length} reached={() => void fetchNextPage()} />
          ))}
      </div>
    </div>
  )
}

function useAddress() {
  const query = new URLSearchParams(useSearch())
  const [, go] = useLocation()
  const [job, actor] = [query.get('job'), query.get('actor')]
  const wanted: Wanted = { ...(job && { job }), ...(actor && { actor }) }
  const show = (next: Wanted) => {
    const text = new URLSearchParams({ ...next }).toString()
    go(text ? `/audit?${text}` : '/audit')
  }
  return { wanted, show }
}

function Filters({ wanted, show }: { wanted: Wanted; show: (wanted: Wanted) => void }) {
  const [job, setJob] = useState(wanted.job ?? '')
  const [actor, setActor] = useState(wanted.actor ?? '')
  return (
    <form
      role="search"
      aria-label="Entries"
      className="flex flex-wrap items-end gap-3"
      onSubmit={(event) => {
        event.preventDefault()
        show({ ...(job.trim() && { job: job.trim() }), ...(actor.trim() && { actor: actor.trim() }) })
      }}
    >
      <label className="min-w-40 flex-1 text-xs font-medium sm:max-w-80">
        Job
        <input value={job} onChange={(event) => setJob(event.target.value)} placeholder="an id" spellCheck={false} data-search="" className="field mt-1 block w-full font-mono" />
      </label>
      <label className="min-w-32 flex-1 text-xs font-medium sm:max-w-56">
        Who
        <input value={actor} onChange={(event) => setActor(event.target.value)} placeholder="a token’s name" spellCheck={false} className="field mt-1 block w-full" />
      </label>
      <Button size="normal" type="submit">
        Show
      </Button>
      {(wanted.job !== undefined || wanted.actor !== undefined) && (
        <Button size="normal" kind="quiet" onClick={() => show({})}>
          Clear
        </Button>
      )}
    </form>
  )
}

/** Below the last entry: has more fetched when it is scrolled to. */
function Below({ reached }: { reached: () => void }) {
  const end = useRef<HTMLDivElement>(null)
  const latest = useRef(reached)
  useEffect(() => {
    latest.current = reached
  })
  useEffect(() => {
    const watcher = new IntersectionObserver(([entry]) => entry?.isIntersecting && latest.current(), { rootMargin: '600px' })
    if (end.current) watcher.observe(end.current)
    return () => watcher.disconnect()
  }, [])
  return (
    <div ref={end}>
      <Loading rows={3} />
    </div>
  )
}
