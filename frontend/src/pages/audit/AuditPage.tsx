import { useState } from 'react'
import { useLocation, useSearch } from 'wouter'
import { Button } from '../../components/Button'
import { NextPage } from '../../components/NextPage'
import { LoadingOrError, EmptyState } from '../../components/Placeholders'
import { Entries } from './Entries'
import { useAudit, type AuditFilter } from './useAudit'

/** The audit log. Its filter is stored in the URL. */
export default function AuditPage() {
  const { filter, show } = useAuditUrl()
  const pages = useAudit(filter)
  const { data, error, refetch } = pages
  const entries = data?.pages.flatMap(({ items }) => items) ?? []
  const filtered = filter.job !== undefined || filter.actor !== undefined
  return (
    <div className="max-w-5xl space-y-4">
      <div>
        <h1 className="text-lg font-semibold">Audit log</h1>
        <p className="muted text-sm">Who did what, newest first. Entries cannot be changed and are kept separately from the jobs.</p>
      </div>
      <Filters key={JSON.stringify(filter)} filter={filter} show={show} />
      <div className="card">
        {!data ? (
          <LoadingOrError error={error} onRetry={() => void refetch()} />
        ) : entries.length === 0 ? (
          <EmptyState title={filtered ? 'No entries match' : 'No entries yet'}>
            {filtered && <Button onClick={() => show({})}>Show all entries</Button>}
          </EmptyState>
        ) : (
          <Entries entries={entries} onActorClick={(actor) => show({ ...filter, actor })} />
        )}
        <NextPage of={pages} loaded={entries.length} />
      </div>
    </div>
  )
}

function useAuditUrl() {
  const query = new URLSearchParams(useSearch())
  const [, go] = useLocation()
  const [job, actor] = [query.get('job'), query.get('actor')]
  const filter: AuditFilter = { ...(job && { job }), ...(actor && { actor }) }
  const show = (next: AuditFilter) => {
    const text = new URLSearchParams({ ...next }).toString()
    go(text ? `/audit?${text}` : '/audit')
  }
  return { filter, show }
}

function Filters({ filter, show }: { filter: AuditFilter; show: (filter: AuditFilter) => void }) {
  const [job, setJob] = useState(filter.job ?? '')
  const [actor, setActor] = useState(filter.actor ?? '')
  return (
    <form
      role="search"
      aria-label="Filter entries"
      className="flex flex-wrap items-end gap-3"
      onSubmit={(event) => {
        event.preventDefault()
        show({ ...(job.trim() && { job: job.trim() }), ...(actor.trim() && { actor: actor.trim() }) })
      }}
    >
      <label className="min-w-40 flex-1 text-xs font-medium sm:max-w-80">
        Job
        <input value={job} onChange={(event) => setJob(event.target.value)} placeholder="ID" spellCheck={false} data-search="" className="field mt-1 block w-full font-mono" />
      </label>
      <label className="min-w-32 flex-1 text-xs font-medium sm:max-w-56">
        Actor
        <input value={actor} onChange={(event) => setActor(event.target.value)} placeholder="token name" spellCheck={false} className="field mt-1 block w-full" />
      </label>
      <Button size="normal" type="submit">
        Filter
      </Button>
      {(filter.job !== undefined || filter.actor !== undefined) && (
        <Button size="normal" variant="ghost" onClick={() => show({})}>
          Clear
        </Button>
      )}
    </form>
  )
}
