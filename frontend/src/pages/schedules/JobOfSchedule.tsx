import type { JobSettings } from '../../api/client'
import { escapeHidden } from '../../components/escapeHidden'
import { formatDuration } from '../../components/timeFormat'
import { Command } from '../../jobs/Command'
import { FORM_FIELDS, valueOf, type FormField } from '../../jobs/fields'
import { INPUTS } from '../../jobs/inputs'

/** The command of a schedule's jobs, and those of their settings that are not the defaults. */
export function JobOfSchedule({ job }: { job: JobSettings }) {
  const given = FORM_FIELDS.flatMap((field): [string, string][] => {
    const text = field.input === 'command' ? '' : textOf(field, job)
    return text === '' ? [] : [[field.label, text]]
  })
  return (
    <section aria-label="Job" className="card min-w-0 p-4">
      <h2 className="font-semibold">Job</h2>
      <Command command={job.command} />
      {given.length > 0 && (
        <dl className="mt-3 grid grid-cols-[auto_minmax(0,1fr)] gap-x-6 gap-y-2 text-sm">
          {given.map(([label, text]) => (
            <div key={label} className="contents">
              <dt className="muted">{label}</dt>
              <dd className="wrap-anywhere whitespace-pre-line">{escapeHidden(text)}</dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  )
}

/** The value of a field as the form shows it; '' for a default. */
function textOf({ key, input, show, default: usual }: FormField, job: JobSettings): string {
  const value = valueOf(job, key)
  if (input === 'schedule' || value == null || value === usual || value === false) return ''
  if (show === 'duration') return formatDuration(value as number)
  return value === true ? 'yes' : INPUTS[input].format(value)
}
