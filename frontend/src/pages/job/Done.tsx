import { Link } from 'wouter'
import { Entries } from '../audit/Entries'
import { useAuditOf } from '../audit/useAudit'

const SHOWN = 10

/** Who did what with a job. */
export function Done({ id }: { id: string }) {
  const { data } = useAuditOf(id, SHOWN)
  if (!data || data.items.length === 0) return null
  return (
    <section aria-label="Who did what" className="card overflow-hidden">
      <h2 className="border-b px-4 py-3 font-semibold">Who did what</h2>
      <Entries entries={data.items} job={id} />
      {data.next_cursor !== null && (
        <p className="border-t px-4 py-2.5">
          <Link href={`/audit?${new URLSearchParams({ job: id })}`} className="text-sm underline underline-offset-2">
            All of it in the audit log
          </Link>
        </p>
      )}
    </section>
  )
}
