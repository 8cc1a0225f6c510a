import { Link } from 'wouter'
import type { AuditEntry } from '../../api/client'
import { Time } from '../../components/Time'
import { escapeHidden } from '../../components/escapeHidden'
import { ACTION_TEXT, subjectOf } from './entryText'

interface Props {
  entries: AuditEntry[]
  /** If all entries concern this job, it is not repeated in each of them. */
  job?: string
  /** Filters by an actor. */
  onActorClick?: (actor: string) => void
}

/** Audit entries, one per line: who did what, when, from which address. */
export function Entries({ entries, job, onActorClick }: Props) {
  return (
    <ul aria-label="Entries" className="divide-y">
      {entries.map((entry) => {
        const { at, actor, role, address, action, detail } = entry
        return (
          <li
            key={`${at} ${actor} ${action} ${entry.subject ?? ''} ${detail ?? ''}`}
            data-entry={action}
            className="flex flex-wrap items-baseline gap-x-4 gap-y-1 px-4 py-2.5 text-sm"
          >
            <span className="muted w-20 shrink-0">
              <Time at={at} />
            </span>
            <p className="min-w-48 flex-1 wrap-anywhere">
              <Actor name={actor} role={role} onActorClick={onActorClick} /> {ACTION_TEXT[action]} <Subject entry={entry} job={job} />
              {detail && <span className="muted"> · {escapeHidden(detail)}</span>}
            </p>
            <span className="muted text-xs">from {escapeHidden(address)}</span>
          </li>
        )
      })}
    </ul>
  )
}

function Actor({ name, role, onActorClick }: { name: string; role: string; onActorClick: Props['onActorClick'] }) {
  const shown = escapeHidden(name)
  if (!onActorClick)
    return (
      <span title={`Role: ${role}`} className="font-medium">
        {shown}
      </span>
    )
  return (
    <button type="button" title={`Role: ${role}. Show only entries by ${shown}`} onClick={() => onActorClick(name)} className="font-medium hover:underline">
      {shown}
    </button>
  )
}

function Subject({ entry, job }: { entry: AuditEntry; job: string | undefined }) {
  const subject = subjectOf(entry)
  if (!subject || (job !== undefined && entry.subject === job)) return job === undefined ? null : 'this job'
  const text = escapeHidden(subject.text)
  if (subject.href === undefined) return <span className="font-mono text-[13px]">{text}</span>
  return (
    <Link href={subject.href} className="font-mono text-[13px] underline underline-offset-2">
      {text}
    </Link>
  )
}
