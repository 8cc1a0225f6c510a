import { Link } from 'wouter'
import type { AuditEntry } from '../../api/client'
import { Time } from '../../components/Time'
import { visible } from '../../components/visible'
import { DONE, subjectOf } from './sentence'

interface Props {
  entries: AuditEntry[]
  /** The job that all of them are about goes without saying. */
  job?: string
  /** Shows only what one of them did. */
  narrow?: (actor: string) => void
}

/** Who did what, when, from where: a line each. */
export function Entries({ entries, job, narrow }: Props) {
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
              <Actor name={actor} role={role} narrow={narrow} /> {DONE[action]} <Subject entry={entry} job={job} />
              {detail && <span className="muted"> · {visible(detail)}</span>}
            </p>
            <span className="muted text-xs">from {visible(address)}</span>
          </li>
        )
      })}
    </ul>
  )
}

function Actor({ name, role, narrow }: { name: string; role: string; narrow: Props['narrow'] }) {
  const shown = visible(name)
  if (!narrow)
    return (
      <span title={`as ${role}`} className="font-medium">
        {shown}
      </span>
    )
  return (
    <button type="button" title={`as ${role}: show only what ${shown} did`} onClick={() => narrow(name)} className="font-medium hover:underline">
      {shown}
    </button>
  )
}

function Subject({ entry, job }: { entry: AuditEntry; job: string | undefined }) {
  const subject = subjectOf(entry)
  if (!subject || (job !== undefined && entry.subject === job)) return job === undefined ? null : 'it'
  const text = visible(subject.text)
  if (subject.href === undefined) return <span className="font-mono text-[13px]">{text}</span>
  return (
    <Link href={subject.href} className="font-mono text-[13px] underline underline-offset-2">
      {text}
    </Link>
  )
}
