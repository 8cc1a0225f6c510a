import { Link } from 'wouter'
import type { Fire } from '../../api/client'
import { NextPage } from '../../components/NextPage'
import { EmptyState, LoadingOrError } from '../../components/Placeholders'
import { Time } from '../../components/Time'
import { OUTCOME_COLOURS, outcomeOf, reasonOf } from './fireText'
import { useHistory } from './useSchedules'

/** What became of a schedule's times, newest first, with links to the jobs. */
export function History({ name }: { name: string }) {
  const pages = useHistory(name)
  const { data, error, refetch } = pages
  const fires = data?.pages.flatMap(({ items }) => items) ?? []
  return (
    <section aria-label="History" className="card min-w-0">
      <h2 className="px-4 pt-4 font-semibold">History</h2>
      {!data ? (
        <LoadingOrError error={error} onRetry={() => void refetch()} />
      ) : fires.length === 0 ? (
        <EmptyState title="It has not fired yet" />
      ) : (
        <ul aria-label="Fires" className="mt-2 divide-y">
          {fires.map((fire) => (
            <Entry key={fire.scheduled_at} fire={fire} />
          ))}
        </ul>
      )}
      <NextPage of={pages} loaded={fires.length} />
    </section>
  )
}

function Entry({ fire }: { fire: Fire }) {
  const outcome = outcomeOf(fire)
  const reason = reasonOf(fire)
  return (
    <li data-fire={outcome} className="flex flex-wrap items-baseline gap-x-4 gap-y-1 px-4 py-2 text-sm">
      <span className="muted w-20 shrink-0">
        <Time at={fire.scheduled_at} />
      </span>
      <span className="inline-flex w-24 shrink-0 items-center gap-1.5">
        <span className={`size-2 shrink-0 rounded-full ${OUTCOME_COLOURS[outcome]}`} />
        {outcome}
      </span>
      <span className="min-w-40 flex-1 wrap-anywhere">
        {fire.job !== null && (
          <Link href={`/jobs/${encodeURIComponent(fire.job)}`} className="font-mono text-[13px] underline underline-offset-2">
            {fire.job}
          </Link>
        )}{' '}
        {reason !== '' && <span className="muted">{reason}</span>}
      </span>
    </li>
  )
}
