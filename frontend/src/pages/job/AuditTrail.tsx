import { Link } from 'wouter'
import { Entries } from '../audit/Entries'
import { useJobAudit } from '../audit/useAudit'

const MAX_SHOWN = 10

/** The audit log of a job. */
export function AuditTrail({ id }: { id: string }) {
  const { data } = useJobAudit(id, MAX_SHOWN)
  if (!data || data.items.length === 0) return null
  return (
    <section aria-label="Audit log" className="card overflow-hidden">
      <h2 className="border-b px-4 py-3 font-semibold">Audit log</h2>
      <Entries entries={data.items} job={id} />
      {data.next_cursor !== null && (
        <p className="border-t px-4 py-2.5">
          <Link href={`/audit?${new URLSearchParams({ job: id })}`} className="text-sm underline underline-offset-2">
            Show all in the audit log
          </Link>
        </p>
      )}
    </section>
  )
}
